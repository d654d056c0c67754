// Small spatial sizes on which part of a graph still meets every border, to check folds without full-size arithmetic.
#pragma once

#include <map>

#include "runtime/graph/signature.hpp"

namespace banoff::gauge {

/// Shapes for the values that enter `nodes` from outside. Every window op still has an interior and reads padding
/// exactly where it does at full size; where no smaller size does all that, these are the true shapes.
[[nodiscard]] std::map<ValueId, Shape> sample_shapes(const Graph& graph, const std::vector<NodeId>& nodes,
                                                     const std::vector<TensorType>& types);

}  // namespace banoff::gauge
