// The graph as it was before an attempt, without a copy for each.
#pragma once

#include <span>

#include "folding/weights.hpp"

namespace banoff::gauge {

/// A second graph, kept in step with the one that is folded: when an attempt is over, what it changed is copied here,
/// or back from here. So an attempt costs the nodes it touches, however large the network is.
class Before {
 public:
  explicit Before(const Version& now) : graph_(now.graph), scalings_(now.scalings) {}

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  [[nodiscard]] Version version() const noexcept { return {graph_, scalings_}; }
  /// What was done to `now` at these nodes, and to its outputs, stands.
  void keep(const Version& now, std::span<const NodeId> nodes);
  /// What was done to `now` at these nodes is undone.
  void restore(Weights& now, std::span<const NodeId> nodes) const;

 private:
  Graph graph_;
  Scalings scalings_;
};

}  // namespace banoff::gauge
