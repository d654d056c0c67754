#include "runtime/compress/quantize/walk.hpp"

#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::quantize {

namespace {

Tensor given(const Graph& graph, const GraphInput& input, const Inputs& set) {
  const std::string& name = graph.value(input.value).name;
  const auto found = set.find(name);
  if (found != set.end()) return found->second.as(input.dtype);
  if (!input.default_value) fail_input("input '{}' is missing", name);
  return input.default_value;
}

}  // namespace

void walk(const Graph& graph, const std::vector<Inputs>& sets, const ComputeNode& compute, const Seen& seen) {
  std::vector<Values> values(graph.values.size());
  std::vector<std::size_t> readers(graph.values.size(), 0);
  for (const Node& node : graph.live()) {
    for (const ValueId input : node.inputs) ++readers[index(input)];
  }
  for (const GraphInput& input : graph.inputs) {
    Values& made = values[index(input.value)];
    for (const Inputs& set : sets) made.push_back(given(graph, input, set));
    seen(input.value, made);
  }
  for (const NodeId id : graph.live_ids()) {
    std::vector<Values> made(graph.node(id).outputs.size());
    for (std::size_t s = 0; s < sets.size(); ++s) {
      std::vector<Tensor> inputs;
      for (const ValueId input : graph.node(id).inputs) inputs.push_back(values[index(input)][s]);
      std::vector<Tensor> outputs = compute(graph, graph.node(id), inputs);
      for (std::size_t i = 0; i < made.size(); ++i) made[i].push_back(std::move(outputs[i]));
    }
    for (const ValueId input : graph.node(id).inputs) {
      if (--readers[index(input)] == 0) values[index(input)].clear();
    }
    for (std::size_t i = 0; i < made.size(); ++i) {
      const ValueId output = graph.node(id).outputs[i];
      seen(output, made[i]);
      if (readers[index(output)] > 0) values[index(output)] = std::move(made[i]);
    }
  }
}

std::size_t channels_of(const Shape& shape) { return shape.rank() < 2 ? 1 : static_cast<std::size_t>(shape[1]); }

std::size_t inner_of(const Shape& shape) {
  if (shape.rank() < 2) return static_cast<std::size_t>(shape.elements());
  return static_cast<std::size_t>(shape.elements(2, shape.rank()));
}

std::vector<double> channel_means(const Values& values) {
  const Shape& shape = values.at(0).shape();
  std::vector<double> sums(channels_of(shape), 0.0);
  double count = 0;
  for (const Tensor& value : values) {
    const Tensor floats = value.as(DType::f32);
    const std::span<const float> all = floats.values<float>();
    const std::size_t inner = inner_of(value.shape());
    for (std::size_t begin = 0; inner > 0 && begin < all.size(); begin += inner) {
      double sum = 0;
      for (const float x : all.subspan(begin, inner)) sum += static_cast<double>(x);
      sums[begin / inner % sums.size()] += sum;
    }
    count += static_cast<double>(all.size()) / static_cast<double>(sums.size());
  }
  for (double& sum : sums) sum /= std::max(count, 1.0);
  return sums;
}

}  // namespace banoff::quantize
