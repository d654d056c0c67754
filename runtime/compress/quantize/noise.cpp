#include "runtime/compress/quantize/noise.hpp"

#include <algorithm>

#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

class Sources {
 public:
  Sources(const Graph& graph, const std::vector<ValueId>& ends, const std::vector<Inputs>& sets,
          const ComputeNode& compute)
      : graph_(graph), ends_(ends), compute_(compute), floats_(graph.values.size()) {
    walk(graph, sets, compute, [&](ValueId id, const Values& values) { floats_[index(id)] = values; });
  }

  [[nodiscard]] const Values& floats(ValueId id) const { return floats_[index(id)]; }

  /// What comes out where `value` is `noisy` in place of what it is.
  [[nodiscard]] double noise(ValueId value, Values noisy) const {
    std::map<ValueId, Values> changed;
    changed.emplace(value, std::move(noisy));
    const NodeId producer = graph_.value(value).producer;
    for (const NodeId id : graph_.live_ids()) {
      if (id <= producer) continue;
      const Node& node = graph_.node(id);
      const auto reads = [&](ValueId input) { return changed.contains(input); };
      if (std::ranges::any_of(node.inputs, reads)) run(node, changed);
    }
    double total = 0;
    for (const ValueId end : ends_) {
      const auto found = changed.find(end);
      if (found == changed.end()) continue;
      Squares all;
      for (std::size_t s = 0; s < found->second.size(); ++s) {
        const Squares one = squares_of(floats(end)[s], found->second[s]);
        all.difference += one.difference, all.size += one.size;
      }
      if (all.size > 0) total += all.difference / all.size;
    }
    return total;
  }

 private:
  void run(const Node& node, std::map<ValueId, Values>& changed) const {
    const auto now = [&](ValueId input) -> const Values& {
      const auto found = changed.find(input);
      return found == changed.end() ? floats(input) : found->second;
    };
    std::vector<Values> made(node.outputs.size());
    for (std::size_t s = 0; s < floats(node.inputs[0]).size(); ++s) {
      std::vector<Tensor> inputs;
      for (const ValueId input : node.inputs) inputs.push_back(now(input)[s]);
      std::vector<Tensor> outputs = compute_(graph_, node, inputs);
      for (std::size_t i = 0; i < made.size(); ++i) made[i].push_back(std::move(outputs[i]));
    }
    for (std::size_t i = 0; i < made.size(); ++i) changed[node.outputs[i]] = std::move(made[i]);
  }

  const Graph& graph_;
  const std::vector<ValueId>& ends_;
  const ComputeNode& compute_;
  std::vector<Values> floats_;
};

/// What the layer makes with its weights on their grid, and a bias that makes up for what the mean lost.
Values with_grid_weights(const Graph& graph, const Node& layer, const GridWeights& grid, const Sources& sources,
                         const ComputeNode& compute) {
  const Alone error = alone(layer, weight_error(graph, layer, grid));
  Values lost;
  for (const Tensor& input : sources.floats(layer.inputs[0]))
    lost.push_back(compute(error.graph, error.node, {input})[0].as(DType::f32));
  // Channels of a dense layer's rows are their last dimension.
  const bool last = layer.as<Dense>() != nullptr && lost[0].shape().rank() != 2;
  const std::vector<double> mean = last ? std::vector<double>{0.0} : channel_means(lost);
  const std::size_t inner = inner_of(lost[0].shape());
  Values result;
  for (std::size_t s = 0; s < lost.size(); ++s) {
    std::vector<float> made = sources.floats(layer.outputs[0])[s].to_vector<float>();
    const std::span<const float> loss = lost[s].values<float>();
    for (std::size_t i = 0; i < made.size(); ++i)
      made[i] -= loss[i] - static_cast<float>(mean[i / inner % mean.size()]);
    result.push_back(Tensor::of<float>(lost[s].shape(), std::move(made)));
  }
  return result;
}

}  // namespace

Noise measure_noise(const Graph& graph, const OnGrids& on_grids, const std::vector<ValueId>& ends,
                    const std::vector<Inputs>& sets, const ComputeNode& compute,
                    const std::function<void(double)>& progress) {
  const auto& [places, grids, weights] = on_grids;
  const Sources sources(graph, ends, sets, compute);
  Noise noise{std::vector<double>(graph.values.size(), 0.0), {}};
  const auto total = static_cast<double>(graph.values.size() + weights.size());
  double done = 0;
  for (std::size_t v = 0; v < graph.values.size(); ++v, ++done) {
    progress(done / total);
    if (!places.put[v]) continue;
    Values noisy;
    for (const Tensor& value : sources.floats(static_cast<ValueId>(v))) noisy.push_back(put_on(*grids[v], value));
    noise.of_value[v] = sources.noise(static_cast<ValueId>(v), std::move(noisy));
  }
  for (const auto& [id, layer] : weights) {
    progress(++done / total);
    const Node& node = graph.node(id);
    noise.of_weights[id] = sources.noise(node.outputs[0], with_grid_weights(graph, node, layer.grid, sources, compute));
  }
  return noise;
}

std::set<NodeId> noisiest(const Places& places, const Noise& noise, std::size_t count) {
  std::map<NodeId, double> share = noise.of_weights;
  for (std::size_t v = 0; v < noise.of_value.size(); ++v) {
    if (places.only_layer[v] != none) share[places.only_layer[v]] += noise.of_value[v];
  }
  std::vector<std::pair<double, NodeId>> order;
  for (const auto& [id, part] : share) order.emplace_back(-part, id);
  std::ranges::sort(order);
  std::set<NodeId> result;
  for (std::size_t i = 0; i < std::min(count, order.size()); ++i) result.insert(order[i].second);
  return result;
}

}  // namespace banoff::quantize
