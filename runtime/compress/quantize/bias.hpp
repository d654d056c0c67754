// Biases that make up for what a layer's mean lost.
#pragma once

#include "runtime/compress/quantize/moments.hpp"
#include "runtime/compress/quantize/rewrite.hpp"

namespace banoff::quantize {

/// From so many pictures on, their means are trusted alone; of fewer the share n / trusted, and the rest to what the
/// norms tell. Corrections from five pictures are worse than none.
inline constexpr std::size_t trusted_pictures = 50;

/// What a layer's output loses in the mean since its weights lie on a grid: the weights' error on the mean of its
/// input, by channel.
[[nodiscard]] std::vector<double> expected_loss(const Graph& graph, const Node& layer, const GridWeights& grid,
                                                const Tensor& input_mean, const ComputeNode& compute);

/// Adds to the bias and rounds it to what an int32 in steps of the input's scale times each weight's says. Returns what
/// was added in the end.
std::vector<double> add_to_bias(Graph& graph, NodeId id, const std::vector<double>& change, double input_scale);

}  // namespace banoff::quantize
