#include "runtime/compress/quantize/moments.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

/// A tensor whose channel c is `values[c]` all over.
Tensor spread(const std::vector<double>& values, const Shape& shape) {
  std::vector<float> all(static_cast<std::size_t>(shape.elements()));
  const std::size_t inner = inner_of(shape);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<float>(values[i / inner % values.size()]);
  return Tensor::of<float>(shape, std::move(all));
}

}  // namespace

Moments normal_moments(const ChannelMoments& channels, const Shape& shape) {
  Moments result{spread(channels.mean, shape), spread(channels.var, shape), {}, {}};
  const auto at = [](double deviations) {
    return [deviations](float mean, float var) {
      return static_cast<float>(static_cast<double>(mean) + deviations * std::sqrt(static_cast<double>(var)));
    };
  };
  result.low = combined(result.mean, result.var, at(-reach));
  result.high = combined(result.mean, result.var, at(reach));
  return result;
}

Moments observed_moments(const Observed& seen, const Shape& shape) {
  // A few made-up inputs hardly reach as far as all pictures.
  constexpr double slack = 1.25;
  const std::size_t channels = seen.mean.size();
  return {spread(seen.mean, shape), spread(seen.var, shape),
          spread(std::vector<double>(channels, slack * seen.low), shape),
          spread(std::vector<double>(channels, slack * seen.high), shape)};
}

Moments constant_moments(const Tensor& value) {
  const Tensor floats = value.as(DType::f32);
  const Tensor zeros = combined(floats, floats, [](float, float) { return 0.0F; });
  return {floats, zeros, floats, floats};
}

std::pair<double, double> range_of(const Moments& moments) {
  double low = 0, high = 0;
  for (const float x : moments.low.values<float>()) low = std::min(low, static_cast<double>(x));
  for (const float x : moments.high.values<float>()) high = std::max(high, static_cast<double>(x));
  return {low, high};
}

std::vector<Moments> input_moments(const Graph& graph, const std::vector<TensorType>& types,
                                   const KnownInputs& known_inputs) {
  std::vector<Moments> result;
  for (const GraphInput& input : graph.inputs) {
    const TensorType& type = types[index(input.value)];
    const auto found = known_inputs.find(graph.value(input.value).name);
    Moments& moments = result.emplace_back();
    if (!is_float(type.dtype)) continue;
    if (found == known_inputs.end()) {
      moments = normal_moments({{0.0}, {1.0}}, type.shape);
      continue;
    }
    const KnownInput& known = found->second;
    moments = normal_moments({known.mean, known.var}, type.shape);
    const auto all = [](double value) { return [value](float, float) { return static_cast<float>(value); }; };
    moments.low = combined(moments.mean, moments.mean, all(known.low));
    moments.high = combined(moments.mean, moments.mean, all(known.high));
  }
  return result;
}

std::vector<Moments> find_moments(const Graph& graph, const std::vector<TensorType>& types,
                                  const std::map<ValueId, ChannelMoments>& known, const std::vector<Moments>& inputs,
                                  const std::vector<Observed>& seen, const ComputeNode& compute) {
  std::vector<Moments> result(graph.values.size());
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) result[index(graph.inputs[i].value)] = inputs[i];
  for (const Node& node : graph.live()) {
    std::vector<Moments> read;
    for (const ValueId input : node.inputs) read.push_back(result[index(input)]);
    const bool told = std::ranges::all_of(read, [](const Moments& moments) { return static_cast<bool>(moments); });
    std::optional<std::vector<Moments>> made;
    if (told) made = propagated(graph, node, read, compute);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId output = node.outputs[i];
      const TensorType& type = types[index(output)];
      if (!is_float(type.dtype)) continue;
      Moments& moments = result[index(output)];
      if (const auto norm = known.find(output); norm != known.end()) moments = normal_moments(norm->second, type.shape);
      else if (made) moments = (*made)[i];
      else if (!seen[index(output)].mean.empty()) moments = observed_moments(seen[index(output)], type.shape);
    }
  }
  return result;
}

}  // namespace banoff::quantize
