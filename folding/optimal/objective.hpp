// What removing a batch norm is worth.
#pragma once

#include <utility>
#include <vector>

#include "folding/fold.hpp"

namespace banoff::gauge {

/// The live batch norms and affine nodes whose scale is 0 in no channel, with the weight of each: the bytes it moves;
/// or, counting, 1 for a batch norm and a little for the bytes, so that equal counts are told apart.
[[nodiscard]] std::vector<std::pair<NodeId, double>> candidates(const Graph& graph,
                                                                const std::vector<TensorType>& types,
                                                                Objective objective);

/// The live batch norms whose scale is 0 (or next to it) in some channel: those that are no candidates.
[[nodiscard]] std::vector<NodeId> without_inverse(const Graph& graph);

/// Bytes that a pass over a value moves: read once, written once.
[[nodiscard]] double pass_bytes(const TensorType& type);

}  // namespace banoff::gauge
