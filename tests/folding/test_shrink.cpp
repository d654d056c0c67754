#include <doctest/doctest.h>

#include "runtime/load/load.hpp"
#include "tests/folding/random_net.hpp"
#include "tests/folding/shrink.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Whether some norm is read by a ReLU.
bool norm_before_relu(const Graph& graph) {
  const auto readers = graph.readers();
  for (const Node& node : graph.nodes) {
    if (!node.as<BatchNorm>()) continue;
    for (const NodeId reader : readers.of(node.outputs[0])) {
      const auto* op = graph.node(reader).as<Activation>();
      if (op && op->kind == ActivationKind::relu) return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("a shrunk network still fails and has nothing beside the fault") {
  int shrunk = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    const Graph net = random_net(seed);
    if (!norm_before_relu(net)) continue;
    const Graph small = shrink(net, norm_before_relu);
    CHECK(norm_before_relu(small));
    CHECK(small.nodes.size() == 2);
    CHECK(small.inputs.size() == 1);
    CHECK(small.outputs.size() == 1);
    // The text is a network that loads.
    CHECK(parse_yaml(print(small), "shrunk").graph.nodes.size() == 2);
    ++shrunk;
  }
  CHECK(shrunk > 10);
}
