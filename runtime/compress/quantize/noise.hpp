// How much of the outputs' noise each grid makes.
#pragma once

#include "runtime/compress/quantize/layers.hpp"

namespace banoff::quantize {

/// Squared error of the ends, relative to their squared size around their mean, that one grid alone makes.
struct Noise {
  std::vector<double> of_value;  ///< by ValueId
  std::map<NodeId, double> of_weights;
};

[[nodiscard]] Noise measure_noise(const Graph& graph, const Places& places, const Grids& grids,
                                  const std::map<NodeId, LayerWeights>& weights, const std::vector<ValueId>& ends,
                                  const std::vector<Inputs>& sets, const ComputeNode& compute,
                                  const std::function<void(double)>& progress);

/// The layers whose weights, and what only they read, make the most noise; at most `count`, in graph order.
[[nodiscard]] std::set<NodeId> noisiest(const Places& places, const Noise& noise, std::size_t count);

/// The squared difference of two values, and the squared size of the first around its mean.
struct Squares {
  double difference = 0, size = 0;
};
[[nodiscard]] Squares squares_of(const Tensor& expected, const Tensor& actual);

}  // namespace banoff::quantize
