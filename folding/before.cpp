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

void Before::keep(const Version& now, std::span<const NodeId> nodes) {
  copy_nodes(now.graph, graph_, nodes);
  for (std::size_t i = 0; i < graph_.outputs.size(); ++i) graph_.outputs[i].value = now.graph.outputs[i].value;
  for (const NodeId id : nodes) {
    // Scalings are replaced or added, and dropped only by what undoes an attempt.
    if (const auto found = now.scalings.find(id); found != now.scalings.end()) scalings_[id] = found->second;
  }
}

void Before::restore(Weights& now, std::span<const NodeId> nodes) const {
  copy_nodes(graph_, now.graph(), nodes);
  now.restore(scalings_, nodes);
}

}  // namespace banoff::gauge
