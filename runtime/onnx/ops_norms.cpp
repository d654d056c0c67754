// Normalisations.
#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

std::int64_t channels_of(const Call& call) {
  const Shape x = call.shape(0);
  if (x.rank() < 2) fail_input("input {} has no channels", x.str());
  return x[1];
}

/// With spatial = 0, before opset 9, every place of an image has a norm of its own: x scale + shift by element.
void norm_of_elements(Call& call, double eps) {
  const Shape x = call.shape(0);
  const Shape each(std::span(x.begin() + 1, x.rank() - 1));
  std::array<std::vector<double>, 4> p;
  const KnownTensors::Lease meanwhile = call.known().lend(std::ssize(p) * each.elements());
  for (std::size_t i = 0; i < p.size(); ++i) {
    const Tensor& given = call.known(i + 1, "a parameter of the norm");
    if (given.elements() != each.elements())
      fail_input("a parameter of the norm is {}, expected {}", given.shape().str(), each.str());
    p[i] = given.to_vector<double>();
  }
  auto& [scale, shift, mean, variance] = p;
  for (std::size_t i = 0; i < scale.size(); ++i) {
    scale[i] /= std::sqrt(variance[i] + eps);
    shift[i] -= scale[i] * mean[i];
  }
  const Steps s(call);
  const auto constant = [&](const std::vector<double>& values) {
    const auto element = [&](std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
    return Operand{none, call.known().numbers(call.type(0).dtype, each, element)};
  };
  call.result(0, s.add(s.mul(call.in(0), constant(scale)), constant(shift)));
}

void batch_norm(Call& call) {
  BatchNorm op;
  op.eps = call.attributes.real("epsilon", 1e-5);
  call.attributes.ignore("momentum");
  call.attributes.ignore("is_test");
  call.attributes.require("training_mode", 0);
  call.no_outputs_from(1);
  const std::int64_t channels = channels_of(call);
  const bool spatial = call.opset() >= 9 || call.attributes.integer("spatial", 1) != 0;
  if (!spatial) return norm_of_elements(call, op.eps);
  Params params;
  constexpr Slot slots[] = {Slot::weight, Slot::bias, Slot::mean, Slot::var};
  for (std::size_t i = 0; i < 4; ++i) {
    params.emplace_back(slots[i], per_channel(call.known(i + 1, slot_name(slots[i])), channels, slot_name(slots[i])));
  }
  call.become(op, std::move(params));
}

void instance_norm(Call& call) {
  GroupNorm op;
  op.instance = true;
  op.eps = call.attributes.real("epsilon", 1e-5);
  const std::int64_t channels = channels_of(call);
  call.become(op, {{Slot::weight, per_channel(call.known(1, "scale"), channels, "scale")},
                   {Slot::bias, per_channel(call.known(2, "B"), channels, "B")}});
}

/// Scale and bias per channel (opset 21) or per group (18).
void group_norm(Call& call) {
  GroupNorm op;
  op.eps = call.attributes.real("epsilon", 1e-5);
  op.groups = call.attributes.integer("num_groups", 0);
  call.attributes.ignore("stash_type");
  const std::int64_t channels = channels_of(call);
  if (op.groups < 1 || channels % op.groups != 0) fail_input("{} groups of {} channels", op.groups, channels);
  const auto spread = [&](std::size_t i, std::string_view what) {
    const Known& given = call.known(i, what);
    if (given.elements() == channels || given.elements() != op.groups) return per_channel(given, channels, what);
    const KnownTensors::Lease meanwhile = call.known().lend(op.groups);
    const std::vector<double> values = given.to_vector<double>();
    const std::int64_t each = channels / op.groups;
    return call.known().numbers(given.dtype(), {channels},
                                [&](std::int64_t c) { return values[static_cast<std::size_t>(c / each)]; });
  };
  call.become(op, {{Slot::weight, spread(1, "scale")}, {Slot::bias, spread(2, "bias")}});
}

/// The last dimensions, from attribute `axis` on.
Ints axes_behind(Call& call) {
  const std::size_t rank = call.shape(0).rank();
  Ints axes;
  for (std::size_t i = resolve_axis(call.attributes.integer("axis", -1), rank); i < rank; ++i) {
    axes.push_back(static_cast<std::int64_t>(i));
  }
  return axes;
}

/// The mean and 1 / standard deviation, which are outputs of their own.
void statistics(const Call& call, const LayerNorm& op) {
  const Steps s(call);
  const Operand& x = call.in(0);
  const Operand mean = s.mean(x, op.axes);
  const Operand centred = s.sub(x, mean);
  const Operand variance = s.mean(s.mul(centred, centred), op.axes);
  call.result(1, mean);
  call.result(2, s.unary(UnaryKind::reciprocal, s.unary(UnaryKind::sqrt, s.add(variance, s.number(x, op.eps)))));
}

void layer_norm(Call& call) {
  LayerNorm op;
  op.eps = call.attributes.real("epsilon", 1e-5);
  call.attributes.ignore("stash_type");
  op.axes = axes_behind(call);
  Shape normalised;
  for (const std::int64_t axis : op.axes) normalised.push_back(call.shape(0)[static_cast<std::size_t>(axis)]);
  const auto shaped = [&](const Known& tensor) {
    if (tensor.elements() == 1)
      return call.known().filled(tensor.dtype(), normalised, tensor.to_vector<double>().front());
    if (tensor.elements() != normalised.elements()) {
      fail_input("{} given, {} expected", tensor.shape().str(), normalised.str());
    }
    return tensor.reshaped(normalised);
  };
  const Known weight = shaped(call.known(1, "scale"));
  const Known bias = call.has(2) ? shaped(call.known(2, "bias")) : call.known().filled(weight.dtype(), normalised, 0);
  if (call.outputs() > 1) statistics(call, op);
  call.become(op, {{Slot::weight, weight}, {Slot::bias, bias}});
}

/// scale x / sqrt(mean of x^2 + eps).
void rms_norm(Call& call) {
  const Steps s(call);
  const Operand& x = call.in(0);
  call.attributes.ignore("stash_type");
  const double eps = call.attributes.real("epsilon", 1e-5);
  const Operand mean = s.mean(s.mul(x, x), axes_behind(call));
  const Operand normal = s.div(x, s.unary(UnaryKind::sqrt, s.add(mean, s.number(x, eps))));
  call.result(0, s.mul(normal, call.in(1)));
}

/// x divided by its norm along an axis; zeros stay zeros.
void lp_norm(Call& call) {
  const Steps s(call);
  const Operand& x = call.in(0);
  const Ints axis{call.attributes.integer("axis", -1)};
  const std::int64_t p = call.attributes.integer("p", 2);
  if (p != 1 && p != 2) fail_input("p = {} is not supported", p);
  const Operand norm = p == 1 ? s.reduce(ReduceKind::sum, s.unary(UnaryKind::abs, x), axis)
                              : s.unary(UnaryKind::sqrt, s.reduce(ReduceKind::sum, s.mul(x, x), axis));
  call.result(0, s.div(x, s.where(s.equal(norm, s.number(x, 0)), s.number(x, 1), norm)));
}

/// (x - mean) / (standard deviation + 1e-9).
void mean_variance_norm(Call& call) {
  const Steps s(call);
  const Operand& x = call.in(0);
  const Ints axes = call.attributes.integers("axes").value_or(Ints{0, 2, 3});
  const Operand centred = s.sub(x, s.mean(x, axes));
  const Operand deviation = s.unary(UnaryKind::sqrt, s.mean(s.mul(centred, centred), axes));
  call.result(0, s.div(centred, s.add(deviation, s.number(x, 1e-9))));
}

void lrn(Call& call) {
  Lrn op;
  op.size = call.attributes.integer("size", 0);
  op.alpha = call.attributes.real("alpha", 1e-4);
  op.beta = call.attributes.real("beta", 0.75);
  op.bias = call.attributes.real("bias", 1);
  call.become(op);
}

constexpr Row rows[] = {{"BatchNormalization", batch_norm},
                        {"InstanceNormalization", instance_norm},
                        {"GroupNormalization", group_norm},
                        {"LayerNormalization", layer_norm},
                        {"RMSNormalization", rms_norm},
                        {"LpNormalization", lp_norm},
                        {"MeanVarianceNormalization", mean_variance_norm},
                        {"LRN", lrn}};

}  // namespace

std::span<const Row> norm_rows() { return rows; }

}  // namespace banoff::onnx_import
