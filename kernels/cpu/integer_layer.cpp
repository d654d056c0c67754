#include "kernels/cpu/integer_layer.hpp"

#include <tuple>

#include "kernels/cpu/behind_layer.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::cpu {

namespace {

std::int32_t number(double x, const Stored& grid) {
  return static_cast<std::int32_t>(
      grid_number(x, static_cast<double>(grid.scale), grid.zero_point, range_of(grid.type)));
}

}  // namespace

Stored stored_bytes(const TensorType& type, const char* what) {
  if (!type.stored || type.stored->type != DType::u8 || !(type.stored->scale > 0))
    throw Refused{std::string(what) + " that is not stored in u8"};
  return *type.stored;
}

std::pair<std::int32_t, std::int32_t> stored_bounds(const Activation& op, const Stored& result) {
  // Rounding does not change an order, so that bounds can be rounded instead of what is between them.
  if (op.kind != ActivationKind::relu && op.kind != ActivationKind::clip)
    throw Refused{"an activation other than relu and clip of own integers"};
  return {number(op.kind == ActivationKind::relu ? 0.0 : op.alpha, result),
          op.kind == ActivationKind::relu ? 255 : number(op.beta, result)};
}

IntegerLayer::IntegerLayer(const Region& region) {
  const Node& node = region.node(0);
  if (!has_weight_scale(node.op)) throw Refused{"weights that are on no grid"};
  source = stored_bytes(region.type(node.inputs[0]), "an input");
  source_input = input_of(region, node.inputs[0]);
  const TensorType& to = region.type(region.outputs[0]);
  out = node.as<Conv>() != nullptr ? to.shape[1] : to.shape.back();
  const BehindLayer following(region);
  if (following.before_sum != nullptr) throw Refused{"a sum behind an activation of own integers"};
  if (to.stored) result = stored_bytes(to, "a result");
  if (result.has_value() != (following.put != nullptr)) throw Refused{"a result that is put on a grid elsewhere"};
  if (following.added != none) {
    const TensorType& other = region.type(following.added);
    addend = stored_bytes(other, "an addend");
    addend_input = input_of(region, following.added);
    if (other.shape != to.shape || region.input_layouts[addend_input] != region.output_layouts[0])
      throw Refused{"an addend that lies otherwise than the result"};
  }
  if (following.activation == nullptr) return;
  if (!result) throw Refused{"an activation of floats behind an own layer of integers"};
  silu = following.activation->kind == ActivationKind::silu;
  if (!silu) std::tie(low, high) = stored_bounds(*following.activation, *result);
}

std::vector<std::int8_t> IntegerLayer::numbers(const Region& region) const {
  const Node& node = region.node(0);
  const Graph& graph = *region.graph;
  const Tensor given = grid_numbers(*graph.param(node, Slot::weight), *graph.param(node, Slot::weight_scale));
  const auto values = given.values<std::int8_t>();
  return {values.begin(), values.end()};
}

IntegerLayer::Scales IntegerLayer::scales(const Region& region, const std::vector<std::int8_t>& numbers) const {
  const Node& node = region.node(0);
  const Graph& graph = *region.graph;
  const auto step = graph.param(node, Slot::weight_scale)->to_vector<double>();
  std::vector<double> bias(step.size(), 0.0);
  if (const Tensor* given = graph.param(node, Slot::bias)) bias = given->to_vector<double>();
  const double unit = result && !silu ? static_cast<double>(result->scale) : 1.0;
  const std::size_t each = numbers.size() / step.size();
  std::vector<float> scale, shift;
  for (std::size_t o = 0; o < step.size(); ++o) {
    double sum = 0;
    for (std::size_t i = o * each; i < (o + 1) * each; ++i) sum += numbers[i];
    const double factor = step[o] * static_cast<double>(source.scale) / unit;
    double zero = bias[o] / unit - factor * source.zero_point * sum;
    if (addend) zero -= static_cast<double>(addend->scale) / unit * addend->zero_point;
    scale.push_back(static_cast<float>(factor));
    shift.push_back(static_cast<float>(zero));
  }
  // Kernels read whole panels.
  const std::size_t padded = round_up(step.size(), std::size_t{16}) + 64;
  scale.resize(padded);
  shift.resize(padded);
  return {by_channel(scale), by_channel(shift)};
}

IntegerTarget::IntegerTarget(const IntegerLayer& layer, IntegerLayer::Scales scales, const simd::ByteIsa& isa)
    : scales_(std::move(scales)),
      floats_(!layer.result),
      adds_(layer.addend.has_value()),
      addend_input_(layer.addend_input) {
  target_.scale = scales_.scale.data();
  target_.shift = scales_.shift.data();
  if (adds_) target_.add_scale = layer.addend->scale / (layer.result && !layer.silu ? layer.result->scale : 1.0F);
  if (layer.silu) target_.after_silu = 1.0F / layer.result->scale;
  if (layer.result) target_.zero_point = layer.result->zero_point;
  target_.low = layer.low;
  target_.high = layer.high;
  target_.permute = isa.permute;
}

simd::ByteTarget IntegerTarget::bind(const KernelArgs& args) const {
  simd::ByteTarget target = target_;
  if (adds_) target.add = reinterpret_cast<const std::uint8_t*>(args.inputs[addend_input_]);
  if (floats_) target.floats = reinterpret_cast<float*>(args.outputs[0]);
  else target.y = reinterpret_cast<std::uint8_t*>(args.outputs[0]);
  return target;
}

AlignedFloats bytes_of_weights(std::int64_t count) {
  return AlignedFloats(static_cast<std::size_t>(divide_up(count, std::int64_t{4})));
}

}  // namespace banoff::cpu
