#include "kernels/region.hpp"

#include <algorithm>
#include <cmath>

namespace banoff {

std::size_t input_of(const Region& region, ValueId value) {
  const auto found = std::ranges::find(region.inputs, value);
  if (found == region.inputs.end()) throw Refused{"an operand comes from inside the region"};
  return static_cast<std::size_t>(found - region.inputs.begin());
}

std::vector<float> floats(const Region& region, const Node& node, Slot slot) {
  const Tensor* tensor = region.graph->param(node, slot);
  return tensor == nullptr ? std::vector<float>{} : tensor->to_vector<float>();
}

Tensor float_tensor(const Region& region, const Node& node, Slot slot) {
  return region.graph->param(node, slot)->as(DType::f32);
}

void require_float_chain(const Region& region) {
  const auto require = [&](ValueId value) {
    const TensorType& type = region.type(value);
    if (held(type.dtype) != DType::f32) throw Refused{"element type " + std::string(name_of(type.dtype))};
  };
  for (const ValueId value : region.inputs) require(value);
  for (std::size_t i = 0; i < region.nodes.size(); ++i) {
    const Node& current = region.node(i);
    if (current.outputs.size() != 1) throw Refused{"several outputs"};
    require(current.outputs[0]);
    if (i > 0 && std::ranges::count(current.inputs, region.node(i - 1).outputs[0]) != 1) throw Refused{"not a chain"};
  }
  if (region.outputs.size() != 1 || region.outputs[0] != region.node(region.nodes.size() - 1).outputs[0]) {
    throw Refused{"a value inside is needed outside"};
  }
}

std::optional<ScaleShift> scale_shift_of(const Region& region, const Node& node) {
  const auto values = [&](Slot slot, std::size_t count, double standard) {
    const Tensor* tensor = region.graph->param(node, slot);
    return tensor == nullptr ? std::vector<double>(count, standard) : tensor->to_vector<double>();
  };
  const auto* norm = node.as<BatchNorm>();
  const auto* affine = node.as<Affine>();
  if (norm == nullptr && affine == nullptr) return std::nullopt;
  const Shape& shape = region.type(node.inputs[0]).shape;
  ScaleShift result;
  if (affine != nullptr) result.axis = resolve_axis(affine->axis, shape.rank());
  const auto count = static_cast<std::size_t>(shape[result.axis]);
  const auto weight = values(Slot::weight, count, 1.0);
  const auto bias = values(Slot::bias, count, 0.0);
  const auto mean = values(Slot::mean, count, 0.0);
  const auto var = values(Slot::var, count, 1.0);
  for (std::size_t c = 0; c < count; ++c) {
    const double scale = norm != nullptr ? weight[c] / std::sqrt(var[c] + norm->eps) : weight[c];
    result.scale.push_back(static_cast<float>(scale));
    result.shift.push_back(static_cast<float>(bias[c] - (norm != nullptr ? scale * mean[c] : 0.0)));
  }
  return result;
}

std::optional<Kinks> kinks_of(const Region& region, const Node& node) {
  if (const auto* kinked = node.as<Kinked>()) {
    return Kinks{floats(region, node, Slot::kink), floats(region, node, Slot::below), floats(region, node, Slot::above),
                 resolve_axis(kinked->axis, region.type(node.inputs[0]).shape.rank())};
  }
  if (node.as<PRelu>() == nullptr) return std::nullopt;
  const auto count = static_cast<std::size_t>(region.type(node.inputs[0]).shape[1]);
  auto slopes = floats(region, node, Slot::weight);
  if (slopes.size() == 1) slopes.assign(count, slopes[0]);
  return Kinks{std::vector<float>(count, 0.0F), std::move(slopes), std::vector<float>(count, 1.0F)};
}

}  // namespace banoff
