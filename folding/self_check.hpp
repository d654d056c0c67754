// Does a fold hold? Every value it touched is computed before and after, and must stand in the gauge promised.
#pragma once

#include "folding/gauge_solve.hpp"

namespace banoff::gauge {

struct CheckResult {
  double error = 0;             ///< largest difference of any value, relative to its largest element
  std::string first_diverging;  ///< the first node whose value is off by more than the tolerance; empty: none
};

/// Nodes with a value in another gauge than before, and `removed`; in topological order.
[[nodiscard]] std::vector<NodeId> touched_nodes(const Graph& before, const System& system, const Assignment& assignment,
                                                NodeId removed);

/// Runs `nodes` before and after folding `removed` on the same random data, in float64.
[[nodiscard]] CheckResult self_check(const Graph& before, const Graph& after, const std::vector<NodeId>& nodes,
                                     const System& system, const Assignment& assignment,
                                     const std::vector<TensorType>& types, const ComputeNode& compute,
                                     double tolerance);

}  // namespace banoff::gauge
