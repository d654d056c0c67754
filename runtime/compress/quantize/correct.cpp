#include "runtime/compress/quantize/correct.hpp"

#include <algorithm>

#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

Tensor shifted(const Tensor& value, const std::vector<double>& by, bool last) {
  std::vector<float> result = value.to_vector<float>();
  const std::size_t inner = last ? 1 : inner_of(value.shape());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] += static_cast<float>(by[i / inner % by.size()]);
  return Tensor::of<float>(value.shape(), std::move(result));
}

class Corrector {
 public:
  Corrector(const Graph& graph, const OnGrids& on_grids, const Evidence& evidence, const ComputeNode& compute)
      : graph_(graph), on_grids_(on_grids), evidence_(evidence), compute_(compute) {}

  Corrected run(const ComputeNode& compute_changed) {
    Rewritten rewritten = with_grids(graph_, on_grids_.places, on_grids_.grids, on_grids_.weights);
    result_.results.resize(evidence_.pictures.size());
    if (evidence_.pictures.empty()) {
      for (const auto& [now, before] : rewritten.before)
        result_.added[before] = add_to_bias(rewritten.graph, now, expected(before), input_scale(before));
    } else {
      walk(rewritten.graph, evidence_.pictures, compute_changed, [&](ValueId id, Values& values) {
        const NodeId producer = rewritten.graph.value(id).producer;
        const auto found = rewritten.before.find(producer);
        if (found != rewritten.before.end()) correct_layer(rewritten.graph, producer, found->second, values);
        keep_ends(evidence_.ends, id, values, result_.results);
      });
    }
    result_.graph = std::move(rewritten.graph);
    return std::move(result_);
  }

 private:
  [[nodiscard]] double input_scale(NodeId layer) const {
    const std::optional<FakeQuantize>& grid = on_grids_.grids[index(graph_.node(layer).inputs[0])];
    return grid ? grid->scale : 1.0;
  }

  /// What the layer's mean should change by, without pictures.
  [[nodiscard]] std::vector<double> expected(NodeId before) const {
    const Node& layer = graph_.node(before);
    if (evidence_.moments.empty() || !evidence_.moments[index(layer.inputs[0])]) return {};
    return expected_loss(graph_, layer, on_grids_.weights.at(before).grid,
                         evidence_.moments[index(layer.inputs[0])].mean, compute_);
  }

  /// The mean over pictures is brought to that of the floats on the same pictures, as far as pictures are trusted.
  void correct_layer(Graph& graph, NodeId now, NodeId before, Values& values) {
    const Node& layer = graph_.node(before);
    const std::vector<double>& wanted = evidence_.on_pictures[index(layer.outputs[0])].first_mean;
    std::vector<double> change = expected(before);
    const bool by_channel = values[0].shape().rank() == 2 || !layer.as<Dense>();
    if (by_channel) {
      const double trust = std::min(1.0, static_cast<double>(evidence_.all_pictures) / trusted_pictures);
      const std::vector<double> is = channel_means(values);
      change.resize(is.size(), 0.0);
      for (std::size_t o = 0; o < is.size(); ++o) change[o] = trust * (wanted[o] - is[o]) + (1 - trust) * change[o];
    }
    std::vector<double>& added = result_.added[before] = add_to_bias(graph, now, change, input_scale(before));
    for (Tensor& value : values) value = shifted(value, added, layer.as<Dense>() != nullptr);
  }

  const Graph& graph_;
  const OnGrids& on_grids_;
  const Evidence& evidence_;
  const ComputeNode& compute_;
  Corrected result_;
};

}  // namespace

Corrected corrected(const Graph& graph, const OnGrids& on_grids, const Evidence& evidence, const ComputeNode& compute,
                    const ComputeNode& compute_changed) {
  return Corrector(graph, on_grids, evidence, compute).run(compute_changed);
}

}  // namespace banoff::quantize
