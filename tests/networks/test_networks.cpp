// Random networks from file to answer. banoff_network_fuzz runs the same for longer.
#include <doctest/doctest.h>

#include "tests/files.hpp"
#include "tests/networks/network_check.hpp"
#include "tests/networks/shrink_network.hpp"

using namespace banoff::test;

TEST_CASE("random networks keep their answer through folding by every method, on the cpu and in files") {
  const TemporaryFolder folder;
  NetworkTally tally;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    const auto fault = check_network(random_network(seed), folder.path(), &tally);
    if (fault) FAIL_CHECK(fault->kind << ": " << fault->details);
  }
  CHECK(tally.networks == 120);
  // The generator must not drift to where nothing can be folded, or everything.
  CHECK(tally.folded["naive"] > tally.norms / 10);
  CHECK(tally.folded["clamp"] > tally.folded["literal"]);
  CHECK(tally.folded["literal"] > tally.folded["naive"]);
  CHECK(tally.folded["clamp"] < tally.norms);
}

TEST_CASE("random networks are the same for the same seed, and of every kind") {
  CHECK(random_network(3).model.SerializeAsString() == random_network(3).model.SerializeAsString());
  std::size_t half = 0, symbolic = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const RandomNetwork network = random_network(seed);
    half += network.half ? 1 : 0;
    symbolic += network.model.graph().input(0).type().tensor_type().shape().dim(0).has_dim_param() ? 1 : 0;
  }
  CHECK(half > 3);
  CHECK(half < 25);
  CHECK(symbolic > 8);
}

TEST_CASE("a network is shrunk to what still fails") {
  const RandomNetwork network = random_network(5);
  const auto has_norm = [](const RandomNetwork& each) {
    for (const onnx::NodeProto& node : each.model.graph().node()) {
      if (node.op_type() == "BatchNormalization") return true;
    }
    return false;
  };
  REQUIRE(has_norm(network));
  const RandomNetwork small = shrink_network(network, has_norm);
  CHECK(has_norm(small));
  CHECK(small.model.graph().node_size() == 1);
}
