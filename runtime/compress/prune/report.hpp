// What is told of a network before and after.
#pragma once

#include "banoff/prune.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff::pruning {

/// A row for every layer, with its size and what keeps its neurons; the network's size.
[[nodiscard]] PruneReport begin_report(const Graph& graph, const std::vector<TensorType>& types,
                                       const PruneOptions& options);
/// The pruned network's size.
void finish_report(PruneReport& report, const Graph& graph, const std::vector<TensorType>& types);

/// The output channels of a convolution or dense layer.
[[nodiscard]] std::int64_t neurons_of(const Node& layer);

}  // namespace banoff::pruning
