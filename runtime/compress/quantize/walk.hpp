// Running several sets of inputs through a network side by side, so that each value can be looked at, and changed, for
// all of them before anything reads it.
#pragma once

#include "folding/fold.hpp"

namespace banoff::quantize {

using Inputs = std::map<std::string, Tensor>;
/// A value, by set of inputs.
using Values = std::vector<Tensor>;
/// Told every value once, inputs of the graph too; what it leaves there is what readers get.
using Seen = std::function<void(ValueId, Values&)>;

inline std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// Values nobody reads any more are let go. `seen` may change parameters of the graph's nodes.
void walk(const Graph& graph, const std::vector<Inputs>& sets, const ComputeNode& compute, const Seen& seen);

/// Mean of each channel (dimension 1; of a value without one a single channel) over all sets.
[[nodiscard]] std::vector<double> channel_means(const Values& values);
/// Channels of a value of this shape, and how many elements lie side by side in one.
[[nodiscard]] std::size_t channels_of(const Shape& shape);
[[nodiscard]] std::size_t inner_of(const Shape& shape);

}  // namespace banoff::quantize
