// Removing batch norms from a graph without changing what it computes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "banoff/fold.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff {

/// Computes one node in float64: what the self-check trusts. Given by the caller, so that folding knows no device.
using ComputeNode = std::function<std::vector<Tensor>(const Graph&, const Node&, const std::vector<Tensor>&)>;

/// Microseconds that a run of a network takes on the device it is folded for, by that device's own prices. Given by the
/// caller, like ComputeNode. Networks to be compared are drafts: their layers have the weights of before the fold.
using Price = std::function<double(const Graph&)>;

/// Folds the graph's batch norms; returns what was done. Arithmetic in double; weights are stored as they were (half
/// types widen to float32). The result has no erased nodes. `compute` may be empty when options.self_check is false,
/// `price` where nothing is weighed: by other methods than `optimal`, by count, or where options leave no choice.
FoldReport fold(Graph& graph, const Bindings& bindings, const FoldOptions& options, const ComputeNode& compute,
                const Price& price);

/// Runs both graphs on the same inputs in float64 and names the first node, among those of one name in both, whose
/// value is not (to `tolerance`, relative) a per-channel affine image of the other's: folding changes values by such
/// images only. Failing that, the node of the first output that differs. Throws bad_input when an input or output is
/// missing.
[[nodiscard]] std::optional<std::string> first_difference(const Graph& original, const Graph& other,
                                                          const std::map<std::string, Tensor>& inputs, double tolerance,
                                                          const ComputeNode& compute);

}  // namespace banoff
