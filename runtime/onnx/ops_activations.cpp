// Activations, softmax and their kin, and what does nothing in inference.
#include <limits>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

template <ActivationKind kind>
void plain(Call& call) {
  call.become(Activation{kind});
}

/// Of integers, from opset 14 on, the larger of each and 0.
void relu(Call& call) {
  if (is_float(call.type(0).dtype)) return plain<ActivationKind::relu>(call);
  const Steps s(call);
  call.result(0, s.pair(PairKind::max, call.in(0), s.number(call.in(0), 0)));
}

void leaky_relu(Call& call) {
  call.become(Activation{ActivationKind::leaky_relu, call.attributes.real("alpha", 0.01)});
}

void elu(Call& call) { call.become(Activation{ActivationKind::elu, call.attributes.real("alpha", 1)}); }

/// gamma elu(x) with the constants of Klambauer et al. 2017 as ONNX rounds them.
void selu(Call& call) {
  const Steps s(call);
  const double alpha = call.attributes.real("alpha", 1.67326319217681884765625);
  const double gamma = call.attributes.real("gamma", 1.05070102214813232421875);
  call.result(0, s.activation(ActivationKind::linear, s.activation(ActivationKind::elu, call.in(0), alpha), gamma));
}

/// alpha elu(x / alpha).
void celu(Call& call) {
  const Steps s(call);
  const double alpha = call.attributes.real("alpha", 1);
  const Operand scaled = s.activation(ActivationKind::linear, call.in(0), 1 / alpha);
  call.result(0, s.activation(ActivationKind::linear, s.activation(ActivationKind::elu, scaled, 1), alpha));
}

void thresholded_relu(Call& call) {
  const Steps s(call);
  const Operand& x = call.in(0);
  const Operand above = s.less(s.number(x, call.attributes.real("alpha", 1)), x);
  call.result(0, s.where(above, x, s.number(x, 0)));
}

void softsign(Call& call) {
  const Steps s(call);
  const Operand& x = call.in(0);
  call.result(0, s.div(x, s.add(s.unary(UnaryKind::abs, x), s.number(x, 1))));
}

/// Nothing within [-lambd, lambd], and `bias` less outside.
void shrink(Call& call) {
  const Steps s(call);
  const Operand x = s.cast(call.in(0), is_float(call.type(0).dtype) ? call.type(0).dtype : DType::f64);
  const double bias = call.attributes.real("bias", 0), lambda = call.attributes.real("lambd", 0.5);
  const Operand below = s.less(x, s.number(x, -lambda)), above = s.less(s.number(x, lambda), x);
  const Operand inner = s.where(above, s.sub(x, s.number(x, bias)), s.number(x, 0));
  call.result(0, s.cast(s.where(below, s.add(x, s.number(x, bias)), inner), call.type(0).dtype));
}

void swish(Call& call) {
  const Steps s(call);
  const double alpha = call.attributes.real("alpha", 1);
  if (alpha == 1) return call.become(Activation{ActivationKind::silu});
  const Operand scaled = s.activation(ActivationKind::linear, call.in(0), alpha);
  call.result(0, s.mul(call.in(0), s.activation(ActivationKind::sigmoid, scaled)));
}

void hard_sigmoid(Call& call) {
  call.become(
      Activation{ActivationKind::hard_sigmoid, call.attributes.real("alpha", 0.2), call.attributes.real("beta", 0.5)});
}

void gelu(Call& call) {
  const bool approximate = call.attributes.text("approximate", "none") == "tanh";
  call.become(Activation{approximate ? ActivationKind::gelu_tanh : ActivationKind::gelu});
}

/// Bounds are attributes before opset 11; an absent one is no bound.
void clip(Call& call) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bool as_inputs = call.opset() >= 11;
  const auto live = [&](std::size_t i) { return as_inputs && call.has(i) && !call.in(i).known; };
  if (!is_float(call.type(0).dtype) || live(1) || live(2)) {
    Operand y = call.in(0);
    if (call.has(1)) y = call.emit(Pair{PairKind::max}, {y, call.in(1)});
    if (call.has(2)) y = call.emit(Pair{PairKind::min}, {y, call.in(2)});
    return call.result(0, y);
  }
  const double low = as_inputs ? call.known_number(1, "min", -infinity) : call.attributes.real("min", -infinity);
  const double high = as_inputs ? call.known_number(2, "max", infinity) : call.attributes.real("max", infinity);
  if (low == 0 && high == infinity) return call.become(Activation{ActivationKind::relu});
  call.become(Activation{ActivationKind::clip, low, high});
}

/// One slope for all or one per channel is our PReLU; others are chosen element by element.
void prelu(Call& call) {
  const Shape x = call.shape(0);
  const Operand& slope = call.in(1);
  if (slope.known && is_float(slope.known->dtype()) && x.rank() > 1) {
    const Known& values = *slope.known;
    if (values.elements() == 1) return call.become(PRelu{}, {{Slot::weight, values.reshaped({1})}});
    if (axis_of(values.shape(), x) == 1) {
      return call.become(PRelu{}, {{Slot::weight, values.reshaped({x[1]})}});
    }
  }
  const Steps s(call);
  const Operand negative = s.less(call.in(0), s.number(call.in(0), 0));
  call.result(0, s.where(negative, s.mul(slope, call.in(0)), call.in(0)));
}

void softmax(Call& call) {
  call.result(0,
              along_or_flat(call, [&](const Operand& x, std::int64_t axis) { return call.emit(Softmax{axis}, {x}); }));
}

/// x - max - log(sum of exp(x - max)).
void log_softmax(Call& call) {
  const Steps s(call);
  call.result(0, along_or_flat(call, [&](const Operand& x, std::int64_t axis) {
                const Operand centred = s.sub(x, s.reduce(ReduceKind::max, x, {axis}));
                const Operand total = s.reduce(ReduceKind::sum, s.unary(UnaryKind::exp, centred), {axis});
                return s.sub(centred, s.unary(UnaryKind::log, total));
              }));
}

/// 1 where the first maximum stands.
void hardmax(Call& call) {
  const Steps s(call);
  call.result(0, along_or_flat(call, [&](const Operand& x, std::int64_t axis) {
                const Shape shape = s.type(x).shape;
                const Operand best = call.emit(ArgReduce{ArgKind::max, axis, true, false}, {x});
                const auto along = static_cast<std::size_t>(axis);
                const Operand each = s.counted(shape.rank(), along, shape[along]);
                return s.cast(s.equal(each, best), s.type(x).dtype);
              }));
}

/// The mask, where asked for, keeps everything. It is of the input's type before opset 10.
void dropout(Call& call) {
  for (const char* name : {"ratio", "seed", "is_test"}) call.attributes.ignore(name);
  if (call.has(2) && call.known_number(2, "training_mode", 0) != 0) fail_input("training_mode is not supported");
  if (call.outputs() > 1) {
    const DType type = call.opset() < 10 ? call.type(0).dtype : DType::boolean;
    call.result(1, {none, call.known().filled(type, call.shape(0), 1)});
  }
  call.become(Identity{});
}

void identity(Call& call) { call.result(0, call.in(0)); }

constexpr Row rows[] = {{"Relu", relu},
                        {"Sigmoid", plain<ActivationKind::sigmoid>},
                        {"Tanh", plain<ActivationKind::tanh>},
                        {"HardSwish", plain<ActivationKind::hard_swish>},
                        {"Softplus", plain<ActivationKind::softplus>},
                        {"Mish", plain<ActivationKind::mish>},
                        {"LeakyRelu", leaky_relu},
                        {"Elu", elu},
                        {"Selu", selu},
                        {"Celu", celu},
                        {"ThresholdedRelu", thresholded_relu},
                        {"Softsign", softsign},
                        {"Shrink", shrink},
                        {"Swish", swish},
                        {"HardSigmoid", hard_sigmoid},
                        {"Gelu", gelu},
                        {"Clip", clip},
                        {"PRelu", prelu},
                        {"Softmax", softmax},
                        {"LogSoftmax", log_softmax},
                        {"Hardmax", hardmax},
                        {"Dropout", dropout},
                        {"Identity", identity}};

}  // namespace

std::span<const Row> activation_op_rows() { return rows; }

}  // namespace banoff::onnx_import
