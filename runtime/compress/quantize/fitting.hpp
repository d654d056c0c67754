// Weights of all layers rounded by what pictures make of their inputs.
#pragma once

#include "runtime/compress/quantize/rounding.hpp"

namespace banoff::quantize {

/// The layer's weights on the grid that `nearest` has, rounded by the covariance of what they multiply in `inputs`:
/// of neighbours in blocks of up to 256 inputs, means left out since biases make up for them, and with the noise of the
/// input's own grid. Of few samples the covariance of different inputs is trusted less. The same for any `threads`.
[[nodiscard]] GridWeights fitted(const Graph& graph, const Node& layer, const GridWeights& nearest,
                                 const Values& inputs, double input_scale, std::size_t threads);

/// Fits the weights of one network after another choice of its grids; those whose scales stay need it once.
class Fitting {
 public:
  Fitting(std::vector<Inputs> pictures, std::size_t threads) : pictures_(std::move(pictures)), threads_(threads) {}
  /// `progress` is told the share that is done, 0..1.
  void fit(const Graph& graph, const Grids& grids, std::map<NodeId, LayerWeights>& weights, const ComputeNode& compute,
           const std::function<void(double)>& progress);

 private:
  std::vector<Inputs> pictures_;
  std::size_t threads_;
  std::map<NodeId, GridWeights> known_;
};

}  // namespace banoff::quantize
