// Single weights become zero.
#pragma once

#include "banoff/prune.hpp"
#include "runtime/graph/graph.hpp"

namespace banoff::pruning {

/// Sets the smallest weights of each convolution and dense layer to zero, this share of them; zeros that were there
/// count. Fills in after and error of the layers' rows, which are in graph order.
void zero_smallest(Graph& graph, double rate, std::vector<PrunedLayer>& layers);

/// How many elements of a tensor are not zero.
[[nodiscard]] std::int64_t nonzero(const Tensor& tensor);

}  // namespace banoff::pruning
