// The network with its grids.
#pragma once

#include "runtime/compress/quantize/layers.hpp"

namespace banoff::quantize {

/// Values keep their ids; behind each that is put on a grid stands a fake_quantize, which those on grids read. Layers
/// have their weights on grids, and a bias each.
struct Rewritten {
  Graph graph;
  std::map<NodeId, NodeId> before;  ///< of a layer on integers: its id in the network of floats
};
[[nodiscard]] Rewritten with_grids(const Graph& graph, const Places& places, const Grids& grids,
                                   const std::map<NodeId, LayerWeights>& weights);

}  // namespace banoff::quantize
