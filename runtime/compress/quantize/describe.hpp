// The report's rows: what became of each layer.
#pragma once

#include "runtime/compress/quantize/noise.hpp"

namespace banoff::quantize {

/// What a quantisation decided, for its report.
struct Decided {
  const Graph& graph;                       ///< of floats
  const std::map<ValueId, NodeId>& pixels;  ///< by value: the layer that makes pixels
  const Places& all;                        ///< with as much on integers as can be: what the noise is of
  const OnGrids& chosen;
  const Noise& noise;
  const std::map<NodeId, std::vector<double>>& added;  ///< to the biases of layers on integers
};
[[nodiscard]] std::vector<QuantizedLayer> described(const Decided& decided);

}  // namespace banoff::quantize
