#include "runtime/graph/cut.hpp"

#include <algorithm>

namespace banoff {

namespace {
std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }
}  // namespace

Graph without_nodes(Graph graph, const std::vector<NodeId>& nodes) {
  std::vector<bool> gone(graph.nodes.size(), false);
  for (const NodeId id : nodes) gone[index(id)] = true;
  const auto is_lost = [&](ValueId value) {
    const NodeId producer = graph.value(value).producer;
    return producer != none && gone[index(producer)];
  };
  for (const NodeId id : graph.live_ids()) {
    if (std::ranges::any_of(graph.node(id).inputs, is_lost)) gone[index(id)] = true;
  }
  std::erase_if(graph.outputs, [&](const GraphOutput& output) { return is_lost(output.value); });
  for (const NodeId id : graph.live_ids()) {
    if (!gone[index(id)]) continue;
    for (const ValueId input : graph.node(id).inputs) {
      const NodeId producer = graph.value(input).producer;
      const bool computed =
          producer != none && !gone[index(producer)] && graph.node(producer).as<Constant>() == nullptr;
      if (computed && !graph.is_output(input)) graph.add_output(graph.value(input).name, input);
    }
  }
  for (const NodeId id : graph.live_ids()) {
    if (gone[index(id)]) graph.node(id).outputs.clear();
  }
  return graph.compacted();
}

}  // namespace banoff
