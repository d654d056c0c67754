#include "runtime/compress/quantize/fitting.hpp"

#include <algorithm>

#include "folding/parallel.hpp"
#include "runtime/compress/quantize/samples.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

/// Neighbouring weights of all outputs of a group.
struct Block {
  std::size_t group, begin, size;
};

std::vector<Block> blocks_of(std::size_t groups, std::size_t weights_each) {
  constexpr std::size_t largest = 256;
  std::vector<Block> blocks;
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t begin = 0; begin < weights_each; begin += largest)
      blocks.push_back({group, begin, std::min(largest, weights_each - begin)});
  }
  return blocks;
}

}  // namespace

GridWeights fitted(const Graph& graph, const Node& layer, const GridWeights& nearest, const Values& inputs,
                   double input_scale, std::size_t threads) {
  const std::vector<double> weights = graph.param(layer, Slot::weight)->to_vector<double>();
  const std::vector<double> scale = nearest.scale.to_vector<double>();
  std::vector<std::int8_t> numbers = nearest.numbers.to_vector<std::int8_t>();
  const Samples samples(layer, inputs);
  const std::size_t each = weights.size() / scale.size(), outputs = scale.size() / samples.groups();
  const std::vector<Block> blocks = blocks_of(samples.groups(), each);
  gauge::for_each_parallel(blocks.size(), threads, [&](std::size_t b) {
    const auto [group, begin, size] = blocks[b];
    const Rounder rounder(samples.covariance(group, begin, size, input_scale));
    std::vector<double> wanted;
    for (std::size_t o = group * outputs; o < (group + 1) * outputs; ++o) {
      for (std::size_t i = 0; i < size; ++i) wanted.push_back(weights[o * each + begin + i] / scale[o]);
    }
    const std::vector<std::int8_t> best = rounder.rounded(wanted);
    for (std::size_t o = 0; o < outputs; ++o) {
      std::copy_n(&best[o * size], size, &numbers[(group * outputs + o) * each + begin]);
    }
  });
  return {Tensor::of<std::int8_t>(nearest.numbers.shape(), std::move(numbers)), nearest.scale};
}

void Fitting::fit(const Graph& graph, const Grids& grids, std::map<NodeId, LayerWeights>& weights,
                  const ComputeNode& compute, const std::function<void(double)>& progress) {
  const auto equal = [](const Tensor& a, const Tensor& b) {
    return std::ranges::equal(a.values<float>(), b.values<float>());
  };
  std::map<ValueId, std::vector<NodeId>> readers;
  for (auto& [id, layer] : weights) {
    const auto found = known_.find(id);
    if (found != known_.end() && equal(found->second.scale, layer.grid.scale)) layer.grid = found->second;
    else readers[graph.node(id).inputs[0]].push_back(id);
  }
  if (readers.empty()) return;
  double seen = 0;
  walk(graph, pictures_, compute, [&](ValueId value, const Values& values) {
    progress(std::min(1.0, ++seen / static_cast<double>(graph.values.size())));
    const auto found = readers.find(value);
    if (found == readers.end()) return;
    const double input_scale = grids[index(value)] ? grids[index(value)]->scale : 1.0;
    for (const NodeId id : found->second) {
      GridWeights& grid = weights.at(id).grid;
      grid = known_[id] = fitted(graph, graph.node(id), grid, values, input_scale, threads_);
    }
  });
}

}  // namespace banoff::quantize
