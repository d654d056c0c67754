// Random nets of all kinds of ops: whatever is folded, the answers stay. banoff_fold_fuzz runs the same for longer.
#include <doctest/doctest.h>

#include "tests/folding/fuzz_check.hpp"
#include "tests/folding/random_net.hpp"
#include "tests/folding/shrink.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Checks nets of seeds 1 to `count`; of the first bad one it prints the least that is still bad.
FuzzTally fuzz(std::uint64_t count, const RandomNet& kind, bool oracle) {
  FuzzTally tally;
  const std::vector<FuzzMethod> methods = fuzz_methods(oracle);
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    CAPTURE(seed);
    const Graph net = random_net(seed, kind);
    const auto complaint = check_folding(net, methods, oracle, &tally);
    if (!complaint) continue;
    const Graph small = shrink(net, [&](const Graph& graph) {
      const auto found = check_folding(graph, methods, oracle);
      return found && found->kind == complaint->kind;
    });
    FAIL_CHECK(complaint->kind << ": " << complaint->details << "\n" << print(small));
    break;
  }
  return tally;
}

}  // namespace

TEST_CASE("random nets answer the same after every method, and each folds at least what the weaker ones do") {
  FuzzTally tally = fuzz(400, {}, false);
  // The generator must not drift to where nothing can be folded, or everything.
  CHECK(tally.folded["naive"] > tally.norms / 10);
  CHECK(tally.folded["banoff"] > tally.folded["naive"] + tally.norms / 20);
  CHECK(tally.folded["literal"] > tally.folded["banoff"]);
  CHECK(tally.folded["clamp"] > tally.folded["literal"] + tally.norms / 20);
  CHECK(tally.folded["clamp"] < tally.norms);
}

TEST_CASE("on small random nets what is folded is what the oracle allows, and optimal misses nothing") {
  FuzzTally tally = fuzz(150, {.small = true, .positive_gamma = false, .odd_gamma = false}, true);
  CHECK(tally.folded["banoff"] > tally.norms / 10);
  CHECK(tally.folded["literal"] > tally.folded["banoff"]);
  CHECK(tally.folded["clamp"] > tally.folded["literal"] + tally.norms / 20);
  CHECK(tally.folded["clamp"] < tally.norms);
}
