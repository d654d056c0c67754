#include "runtime/compress/quantize/bias.hpp"

#include <cmath>

#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

/// Means by output channel: of a dense layer's rows the last dimension.
std::vector<double> output_means(const Node& layer, const Tensor& value) {
  if (!layer.as<Dense>()) return channel_means({value});
  const auto outputs = static_cast<std::int64_t>(value.shape().back());
  return channel_means({value.reshaped({value.elements() / outputs, outputs})});
}

}  // namespace

std::vector<double> expected_loss(const Graph& graph, const Node& layer, const GridWeights& grid,
                                  const Tensor& input_mean, const ComputeNode& compute) {
  const Alone error = alone(layer, weight_error(graph, layer, grid));
  return output_means(layer, compute(error.graph, error.node, {input_mean})[0]);
}

std::vector<double> add_to_bias(Graph& graph, NodeId id, const std::vector<double>& change, double input_scale) {
  const Node& layer = graph.node(id);
  const std::vector<double> before = graph.param(layer, Slot::bias)->to_vector<double>();
  const std::vector<double> scale = graph.param(layer, Slot::weight_scale)->to_vector<double>();
  std::vector<float> now(before.size());
  std::vector<double> added(before.size());
  for (std::size_t o = 0; o < now.size(); ++o) {
    const double step = input_scale * scale[o];
    const double wanted = before[o] + (change.empty() ? 0.0 : change[o]);
    now[o] = static_cast<float>(std::nearbyint(wanted / step) * step);
    added[o] = static_cast<double>(now[o]) - before[o];
  }
  const Shape shape = graph.param(layer, Slot::bias)->shape();
  graph.set_param(id, Slot::bias, Tensor::of<float>(shape, std::move(now)));
  return added;
}

}  // namespace banoff::quantize
