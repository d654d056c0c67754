#include "runtime/graph/half_precision.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/graph/signature.hpp"

namespace banoff {

namespace {

double rounded(double value, DType type) {
  const auto narrow = static_cast<float>(value);
  return type == DType::f16 ? to_float(to_f16(narrow)) : to_float(to_bf16(narrow));
}

/// Twice the largest relative error of rounding to it.
double tolerance(DType type) { return type == DType::f16 ? 0x1p-10 : 0x1p-7; }

/// The channel of element i of a parameter.
std::size_t channel_of(const Node& node, Slot slot, const Shape& shape, std::int64_t i) {
  const auto* transposed = node.as<ConvTranspose>();
  if (transposed && slot == Slot::weight) {
    const std::int64_t taps = shape.elements(2, shape.rank());
    const std::int64_t group = i / (shape[1] * taps) / (shape[0] / transposed->groups);
    return static_cast<std::size_t>(group * shape[1] + i / taps % shape[1]);
  }
  const std::size_t axis = node.as<Constant>() && shape.rank() > 1 ? 1 : 0;
  if (shape.rank() == 0) return 0;
  return static_cast<std::size_t>(i / shape.elements(axis + 1, shape.rank()) % shape[axis]);
}

/// The largest finite magnitude of each channel.
std::vector<double> sizes_of(const Node& node, Slot slot, const Shape& shape, const std::vector<double>& values) {
  std::vector<double> sizes;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t channel = channel_of(node, slot, shape, static_cast<std::int64_t>(i));
    if (channel >= sizes.size()) sizes.resize(channel + 1, 0.0);
    if (std::isfinite(values[i])) sizes[channel] = std::max(sizes[channel], std::abs(values[i]));
  }
  return sizes;
}

/// Whether every number is rounded by little beside its channel's size.
bool all_fit(const Node& node, Slot slot, const Shape& shape, const std::vector<double>& values,
             const std::vector<double>& sizes, DType type) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isinf(values[i])) continue;  // no bound
    const std::size_t channel = channel_of(node, slot, shape, static_cast<std::int64_t>(i));
    if (!(std::abs(rounded(values[i], type) - values[i]) <= tolerance(type) * sizes[channel])) return false;
  }
  return true;
}

/// What a parameter's numbers are small or large beside: a bias beside the weights of its channel, a mean beside the
/// deviation, a slope beside the other one, which is 1.
std::vector<double> beside(const Graph& graph, const Node& node, Slot slot, std::vector<double> sizes) {
  if (slot == Slot::mean) {
    sizes = graph.param(node, Slot::var)->to_vector<double>();
    for (double& size : sizes) size = std::sqrt(size + node.as<BatchNorm>()->eps);
    return sizes;
  }
  const Tensor* weight = graph.param(node, Slot::weight);
  std::vector<double> floor;
  if (slot == Slot::bias && weight) {
    floor = sizes_of(node, Slot::weight, weight->shape(), weight->to_vector<double>());
  } else if (slot == Slot::below || slot == Slot::above || node.as<PRelu>()) {
    floor.assign(sizes.size(), 1.0);
  }
  for (std::size_t i = 0; i < std::min(sizes.size(), floor.size()); ++i) sizes[i] = std::max(sizes[i], floor[i]);
  return sizes;
}

bool fits(const Graph& graph, const Node& node, Slot slot, const Shape& shape, const std::vector<double>& values,
          DType type) {
  return all_fit(node, slot, shape, values, beside(graph, node, slot, sizes_of(node, slot, shape, values)), type);
}

}  // namespace

double largest_of(DType type) noexcept {
  switch (type) {
    case DType::f64: return std::numeric_limits<double>::max();
    case DType::f16: return 65504.0;
    case DType::bf16: return to_float(bf16{0x7f7f});
    default: return std::numeric_limits<float>::max();
  }
}

bool fits(const Graph& graph, const Node& node, Slot slot, DType type) {
  const Tensor& tensor = *graph.param(node, slot);
  if (!is_half(type) || tensor.dtype() == type || !is_float(tensor.dtype())) return true;
  return fits(graph, node, slot, tensor.shape(), tensor.to_vector<double>(), type);
}

bool parameters_fit(const Graph& graph, const Node& node, const Shape& input, DType type) {
  if (!is_half(type)) return true;
  const auto slot_fits = [&](const auto& param) { return fits(graph, node, param.first, type); };
  if (!std::ranges::all_of(node.params, slot_fits)) return false;
  const auto* conv = node.as<Conv>();
  if (!conv || !conv->pad_value) return true;
  return fits(graph, node, Slot::bias, {conv->out}, bias_with_padding_values(graph, node, input), type);
}

std::vector<double> bias_with_padding_values(const Graph& graph, const Node& node, const Shape& input) {
  const Conv& op = *node.as<Conv>();
  const std::vector<double> weight = graph.param(node, Slot::weight)->to_vector<double>();
  const std::vector<double> values = graph.param(node, Slot::pad_value)->to_vector<double>();
  const Shape& shape = graph.param(node, Slot::weight)->shape();
  std::vector<double> bias(static_cast<std::size_t>(op.out), 0.0);
  if (op.bias) bias = graph.param(node, Slot::bias)->to_vector<double>();
  const std::int64_t taps = shape.elements(2, shape.rank()), per_group = op.out / groups_of(op, input);
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    const std::int64_t out = i / (shape[1] * taps), in = out / per_group * shape[1] + i / taps % shape[1];
    bias[static_cast<std::size_t>(out)] += weight[static_cast<std::size_t>(i)] * values[static_cast<std::size_t>(in)];
  }
  return bias;
}

}  // namespace banoff
