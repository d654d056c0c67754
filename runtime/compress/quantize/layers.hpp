// Layers with weights: as nodes of their own, and their weights on grids.
#pragma once

#include "runtime/compress/quantize/grids.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::quantize {

/// A node with parameters of its own.
struct Alone {
  Graph graph;  ///< holds the parameters only
  Node node;
};
/// A layer with these weights and nothing added to what they make.
[[nodiscard]] Alone alone(const Node& layer, const Tensor& weight);

/// Weights of a layer on their grids, and how many of its outputs have a larger step than their weights ask for, since
/// in theirs the bias would not fit into 32 bits.
struct LayerWeights {
  GridWeights grid;
  std::size_t dead_outputs = 0;
};
/// `output` is the grid that their sums are rounded to as they are; null where something is added before.
[[nodiscard]] LayerWeights weights_on_grid(const Graph& graph, const Node& layer, double input_scale,
                                           const FakeQuantize* output, WeightScales scales);

/// By NodeId of each layer on integers.
[[nodiscard]] std::map<NodeId, LayerWeights> all_weights(const Graph& graph, const Places& places, const Grids& grids,
                                                         WeightScales scales);

/// One choice of what lies on which grid.
struct OnGrids {
  Places places;
  Grids grids;
  std::map<NodeId, LayerWeights> weights;
};

/// What the layer's weights lose on the grid: weight - grid.
[[nodiscard]] Tensor weight_error(const Graph& graph, const Node& layer, const GridWeights& grid);

}  // namespace banoff::quantize
