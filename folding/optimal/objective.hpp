// What removing a batch norm is worth.
#pragma once

#include <utility>
#include <vector>

#include "folding/fold.hpp"

namespace banoff::gauge {

/// The live batch norms and affine nodes whose scale is 0 in no channel, with the weight of each: the bytes it moves (a
/// twentieth of them where the pass would be needed for the activation behind it anyway);
/// or, counting, 1 for a batch norm and a little for the bytes, so that equal counts are told apart.
[[nodiscard]] std::vector<std::pair<NodeId, double>> candidates(const Graph& graph,
                                                                const std::vector<TensorType>& types,
                                                                Objective objective);

/// The live batch norms whose scale is 0 (or next to it) in some channel: those that are no candidates.
[[nodiscard]] std::vector<NodeId> without_inverse(const Graph& graph);

}  // namespace banoff::gauge
