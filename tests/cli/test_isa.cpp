#include "tests/cli/net.hpp"

namespace {

/// The layouts and implementations of the network's kernels.
std::string plan_of(const SmallNet& net, const std::string& isa) {
  const Outcome outcome = net.run("inspect", {"--plan", "--isa", isa});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  return outcome.out;
}

}  // namespace

TEST_CASE("--isa avx2 keeps AVX-512 and its layouts away") {
  const SmallNet net;
  const std::string plan = plan_of(net, "avx2");
  CHECK(plan.find("avx512") == std::string::npos);
  CHECK(plan.find("nChw16c") == std::string::npos);
}

TEST_CASE("--isa refuses what is no instruction set, and devices that have no choice") {
  const SmallNet net;
  const Outcome unknown = net.run("inspect", {"--plan", "--isa", "sse9"});
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("unknown instruction set 'sse9' (there are avx2 and avx512)") != std::string::npos);
  const Outcome other = net.run("inspect", {"--plan", "--device", "reference", "--isa", "avx2"});
  CHECK(other.code == 2);
  CHECK(other.err.find("the reference device has no choice of instruction sets") != std::string::npos);
}
