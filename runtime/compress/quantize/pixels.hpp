// Inputs that are normalised pixels, as pixels again: those are whole numbers from 0 to 255, on a grid without any
// loss.
#pragma once

#include "runtime/compress/quantize/observe.hpp"

namespace banoff::quantize {

struct WithPixels {
  Graph graph;
  std::vector<TensorType> types;
  std::map<ValueId, NodeId> pixels;  ///< values in pixels, and the layer that makes each
};

/// Where the only reader of such an input is a convolution and the pixels' numbers lie on no single grid (channels that
/// were divided by deviations of their own), a 1x1 depthwise convolution in floats undoes the normalisation, and the
/// convolution's weights and bias take it up. The new one pads as well, since zeros become a pixel for each channel.
[[nodiscard]] WithPixels with_pixels(const Graph& graph, const std::vector<TensorType>& types,
                                     const KnownInputs& known);

}  // namespace banoff::quantize
