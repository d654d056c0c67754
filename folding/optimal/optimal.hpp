// The method `optimal`: every batch norm that can go, all at once.
#pragma once

#include <map>
#include <set>

#include "folding/fold.hpp"
#include "folding/gauge_system.hpp"
#include "folding/weights.hpp"

namespace banoff::gauge {

struct OptimalResult {
  std::map<NodeId, FoldedNorm> norms;  ///< the batch norms and affine nodes that went
  std::map<NodeId, Refused> left;      ///< those that could have gone but for this
  std::set<NodeId> costly;             ///< those of them that would cost digits, alone too
  Policy policy;                       ///< what the gauges were allowed to do
  bool proved = false;
  std::size_t with_literal = 0, with_clamps = 0;  ///< how many batch norms can go either way
  double error = 0;                               ///< of the self-check
};

/// Removes from the graph of `weights` a set of batch norms of the largest weight (docs/folding.md). Norms with a scale
/// of 0 are left to be folded one by one.
[[nodiscard]] OptimalResult fold_optimal(Weights& weights, const std::vector<TensorType>& types,
                                         const FoldOptions& options, const ComputeNode& compute, const Price& price);

}  // namespace banoff::gauge
