// The graph as it was before an attempt, without a copy for each.
#pragma once

#include <span>

#include "runtime/graph/graph.hpp"

namespace banoff::gauge {

/// A second graph, kept in step with the one that is folded: when an attempt is over, what it changed is copied here,
/// or back from here. So an attempt costs the nodes it touches, however large the network is.
class Before {
 public:
  explicit Before(const Graph& graph) : graph_(graph) {}

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  /// What was done to `now` at these nodes, and to its outputs, stands.
  void keep(const Graph& now, std::span<const NodeId> nodes);
  /// What was done to `now` at these nodes is undone.
  void restore(Graph& now, std::span<const NodeId> nodes) const;

 private:
  Graph graph_;
};

}  // namespace banoff::gauge
