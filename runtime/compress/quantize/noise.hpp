// How much of the outputs' noise each grid makes.
#pragma once

#include "runtime/compress/quantize/distance.hpp"
#include "runtime/compress/quantize/layers.hpp"

namespace banoff::quantize {

/// Squared error of the ends, relative to their squared size around their mean, that one grid alone makes.
struct Noise {
  std::vector<double> of_value;  ///< by ValueId
  std::map<NodeId, double> of_weights;
};

[[nodiscard]] Noise measure_noise(const Graph& graph, const OnGrids& on_grids, const std::vector<ValueId>& ends,
                                  const std::vector<Inputs>& sets, const ComputeNode& compute,
                                  const std::function<void(double)>& progress);

/// The layers whose weights, and what only they read, make the most noise; at most `count`, in graph order.
[[nodiscard]] std::set<NodeId> noisiest(const Places& places, const Noise& noise, std::size_t count);

}  // namespace banoff::quantize
