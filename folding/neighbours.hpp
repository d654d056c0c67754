// Which nodes a change of gauges reaches.
#pragma once

#include <span>

#include "folding/gauge_solve.hpp"

namespace banoff::gauge {

/// By gauge variable the values that have it, so that a change costs what it reaches and not a look at every node.
class Neighbours {
 public:
  explicit Neighbours(const System& system);

  /// Nodes with a value in another gauge than before, and those in `removed`; in topological order. `readers` are those
  /// of the system's graph, which may have lost nodes since.
  [[nodiscard]] std::vector<NodeId> touched(const Readers& readers, const Assignment& assignment,
                                            std::span<const NodeId> removed) const;

 private:
  const Graph& graph_;
  std::vector<std::size_t> first_;  // by VarId, and one behind: where its values begin
  std::vector<ValueId> values_;
};

}  // namespace banoff::gauge
