// Does a fold hold? Every node it touched must carry inputs in their gauges to outputs in theirs.
#pragma once

#include <span>

#include "folding/fold.hpp"
#include "folding/gauge_solve.hpp"
#include "folding/scaling.hpp"

namespace banoff::gauge {

struct CheckResult {
  double error = 0;     ///< largest difference of any value, relative to its largest element
  NodeId worst = none;  ///< the node where that was
  std::string failure;  ///< why that node could not be computed; then the error is infinite
};

/// Computes each of `nodes` alone, before and after, in float64: on random data, and on what is stored for it. Where
/// every node agrees, so do all that are composed of them. Layers with weights are compared in a random sum of their
/// output channels. Nodes of `after` that `removed` names pass on their input.
/// What `compute` throws is a failure of the node, never of the check.
[[nodiscard]] CheckResult self_check(const Version& before, const Version& after, std::span<const NodeId> nodes,
                                     std::span<const NodeId> removed, const System& system,
                                     const Assignment& assignment, const std::vector<TensorType>& types,
                                     const ComputeNode& compute, std::size_t threads);

}  // namespace banoff::gauge
