#include "runtime/compress/quantize/refusals.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::quantize {

void require_floats(const Graph& graph) {
  for (const Node& node : graph.live()) {
    if (node.as<FakeQuantize>() || node.as<Quantize>() || node.as<Dequantize>() || has_weight_scale(node.op))
      fail_input("{}", describe(node, "the network is on grids already; quantise the one of floats"));
  }
}

void require_layers(const Graph& graph, const Places& places) {
  if (std::ranges::find(places.layers, true) != places.layers.end()) return;
  std::string found = "no layer with weights";
  for (const NodeId id : graph.live_ids()) {
    if (!places.why[index(id)].empty()) found = describe(graph.node(id), places.why[index(id)]);
  }
  fail_input("{}: nothing to quantise: expected a conv or dense layer on values of f32, found {}", graph.name, found);
}

}  // namespace banoff::quantize
