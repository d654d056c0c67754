// Networks with norms that tell the truth, and what quantisation makes of them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "banoff/error.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/compress/quantize/quantize.hpp"
#include "runtime/compress/quantize/walk.hpp"
#include "tests/support/graph_builder.hpp"

namespace banoff::test {

using quantize::Inputs;

/// Seeded pictures around a mean that is not 0.
inline std::vector<Inputs> pictures(const Shape& shape, std::size_t count, std::uint64_t seed = 5) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0.4F, 1.0F);
  std::vector<Inputs> sets(count);
  for (Inputs& set : sets) {
    std::vector<float> values(static_cast<std::size_t>(shape.elements()));
    for (float& value : values) value = normal(random);
    set["image"] = Tensor::of<float>(shape, std::move(values));
  }
  return sets;
}

/// Sets the statistics of every batch norm to what it reads on these inputs. Scales and shifts stay as they were drawn.
inline void calibrate_norms(Graph& graph, const std::vector<Inputs>& sets) {
  quantize::walk(graph, sets, reference::compute<float>, [&](ValueId id, const quantize::Values& values) {
    for (const NodeId reader : graph.live_ids()) {
      const Node& node = graph.node(reader);
      if (node.as<BatchNorm>() == nullptr || node.inputs[0] != id) continue;
      const std::vector<double> mean = quantize::channel_means(values);
      quantize::Values squares;
      for (const Tensor& value : values) {
        std::vector<double> all = value.to_vector<double>();
        for (double& x : all) x *= x;
        squares.push_back(Tensor::of<double>(value.shape(), std::move(all)));
      }
      std::vector<double> var = quantize::channel_means(squares);
      for (std::size_t c = 0; c < var.size(); ++c) var[c] -= mean[c] * mean[c];
      const auto channels = static_cast<std::int64_t>(mean.size());
      graph.set_param(reader, Slot::mean, Tensor::of<double>({channels}, mean));
      graph.set_param(reader, Slot::var, Tensor::of<double>({channels}, var));
    }
  });
}

/// A stem, a residual block with a projection, a max pool, a concatenation and a classifier.
struct SmallNet : GraphBuilder {
  static inline const Shape image{1, 3, 12, 12};
  explicit SmallNet(std::uint64_t seed = 3) : GraphBuilder(seed, DType::f32) {
    const ValueId x = input(image);
    stem = conv_bn_relu(x, 8);
    const ValueId inner = conv_bn_relu(stem, 12, 3, 2);
    left = bn(conv(inner, 12)), right = bn(conv(stem, 12, 1, 2, 0));
    block = relu(sum({left, right}));
    pooled = pool(PoolKind::max, block, 2, 2);
    const ValueId narrow = conv_bn_relu(pooled, 6, 1), wide = conv_bn_relu(pooled, 6);
    both = concat({narrow, wide});
    classifier(both);
    calibrate_norms(graph, pictures(image, 8));
  }
  ValueId stem, left, right, block, pooled, both;
};

inline Graph folded(const Graph& graph) {
  Graph result = graph;
  FoldOptions options = QuantizeOptions::without_clamps();
  options.objective = Objective::count;
  options.activations = Activations::literal;
  (void)fold(result, {}, options, reference::compute<double>, [](const Graph&) { return 0.0; });
  return result;
}

/// The network folded and on grids, in the last argument what was folded.
inline Graph quantized(const Graph& original, const QuantizeOptions& options, QuantizeReport* report = nullptr,
                       const quantize::KnownInputs& known = {}) {
  Graph graph = folded(original);
  const std::vector<TensorType> types = infer_types(graph);
  const quantize::Job job{original, types, known, [] { return ComputeNode(reference::compute<float>); }};
  QuantizeReport made = quantize::quantize(graph, job, options);
  verify(graph, infer_types(graph));
  if (report != nullptr) *report = std::move(made);
  return graph;
}

inline std::vector<double> run(const Graph& graph, const Inputs& inputs) {
  return reference::outputs<double>(graph, inputs).begin()->second.to_vector<double>();
}

}  // namespace banoff::test
