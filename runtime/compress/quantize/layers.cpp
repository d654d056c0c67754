#include "runtime/compress/quantize/layers.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/compress/quantize/ties.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

Alone alone(const Node& layer, const Tensor& weight) {
  Alone result{{}, layer};
  result.node.params.clear();
  if (auto* conv = std::get_if<Conv>(&result.node.op)) conv->bias = conv->pad_value = conv->weight_scale = false;
  if (auto* dense = std::get_if<Dense>(&result.node.op)) dense->bias = dense->weight_scale = false;
  if (auto* conv = std::get_if<ConvTranspose>(&result.node.op)) conv->bias = false;
  result.node.params.emplace_back(Slot::weight, result.graph.add_param(layer.name + ".weight", weight));
  return result;
}

namespace {

/// Largest magnitude of each output's weights.
std::vector<float> largest_weights(const Tensor& weight) {
  const Tensor floats = weight.as(DType::f32);
  const std::span<const float> values = floats.values<float>();
  std::vector<float> largest(static_cast<std::size_t>(weight.shape()[0]), 0.0F);
  const std::size_t each = values.size() / largest.size();
  for (std::size_t i = 0; i < values.size(); ++i) largest[i / each] = std::max(largest[i / each], std::abs(values[i]));
  return largest;
}

}  // namespace

LayerWeights weights_on_grid(const Graph& graph, const Node& layer, double input_scale, const FakeQuantize* output,
                             WeightScales scales) {
  // Half of what an int32 holds: a corrected bias is somewhat larger.
  constexpr double most_bias = 0x1p30;
  const Tensor& weight = *graph.param(layer, Slot::weight);
  const std::vector<float> largest = largest_weights(weight);
  std::vector<float> least(largest.size(), 0.0F);
  if (scales == WeightScales::tensor)
    std::ranges::fill(least, std::ranges::max(largest) / static_cast<float>(most_weight));
  LayerWeights result;
  if (const Tensor* bias = graph.param(layer, Slot::bias)) {
    const std::vector<double> shift = bias->to_vector<double>();
    for (std::size_t o = 0; o < least.size(); ++o) {
      const auto floor = static_cast<float>(std::abs(shift[o]) / (input_scale * most_bias));
      if (floor > std::max(least[o], largest[o] / static_cast<float>(most_weight))) ++result.dead_outputs;
      least[o] = std::max(least[o], floor);
    }
  }
  for (std::size_t o = 0; output != nullptr && o < least.size(); ++o)
    least[o] =
        step_off_ties(std::max(least[o], largest[o] / static_cast<float>(most_weight)), input_scale, output->scale);
  result.grid = on_grid(weight, least);
  return result;
}

std::map<NodeId, LayerWeights> all_weights(const Graph& graph, const Places& places, const Grids& grids,
                                           WeightScales scales) {
  std::map<NodeId, LayerWeights> result;
  const Readers readers = graph.readers();
  for (const NodeId id : graph.live_ids()) {
    if (!places.layers[index(id)]) continue;
    const Node& layer = graph.node(id);
    const std::optional<FakeQuantize>& input = grids[index(layer.inputs[0])];
    const FakeQuantize* output = input ? rounded_to(graph, readers, places, grids, id) : nullptr;
    result.emplace(id, weights_on_grid(graph, layer, input ? input->scale : 1.0, output, scales));
  }
  return result;
}

Tensor weight_error(const Graph& graph, const Node& layer, const GridWeights& grid) {
  std::vector<float> error = graph.param(layer, Slot::weight)->to_vector<float>();
  const Tensor put = from_grid(grid);
  std::ranges::transform(error, put.values<float>(), error.begin(), std::minus());
  return Tensor::of<float>(grid.numbers.shape(), std::move(error));
}

}  // namespace banoff::quantize
