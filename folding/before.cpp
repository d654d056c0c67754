#include "folding/before.hpp"

namespace banoff::gauge {

namespace {

/// Parameters of a node are changed in place or added, never removed; a new one belongs to one of the nodes.
void copy_nodes(const Graph& from, Graph& to, std::span<const NodeId> nodes) {
  to.params.resize(from.params.size());
  for (const NodeId id : nodes) {
    to.node(id) = from.node(id);
    for (const auto& [slot, param] : from.node(id).params) {
      to.params[static_cast<std::size_t>(param)] = from.params[static_cast<std::size_t>(param)];
    }
  }
}

}  // namespace

void Before::keep(const Graph& now, std::span<const NodeId> nodes) {
  copy_nodes(now, graph_, nodes);
  for (std::size_t i = 0; i < graph_.outputs.size(); ++i) graph_.outputs[i].value = now.outputs[i].value;
}

void Before::restore(Graph& now, std::span<const NodeId> nodes) const { copy_nodes(graph_, now, nodes); }

}  // namespace banoff::gauge
