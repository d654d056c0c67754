// Channels of one grid brought to one size: gauges that change nothing but what rounding costs.
#pragma once

#include "runtime/compress/quantize/moments.hpp"
#include "runtime/compress/quantize/places.hpp"

namespace banoff::quantize {

/// The graph with each channel as large as the largest beside it allows, by positive scales that layers take up, and
/// what that should gain: the noise of the grids, by the weights that read it, before over after. Channels whose scales
/// folding ties (sums, concatenations) have one scale. `channels` are means and variances by ValueId.
struct Equalised {
  Graph graph;
  double gain = 1;
};
[[nodiscard]] Equalised equalised(const Graph& graph, const std::vector<TensorType>& types, const Places& places,
                                  const std::vector<ChannelMoments>& channels);

}  // namespace banoff::quantize
