// Functions of one element, sums and products, and softmax.
#include <limits>

#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

template <ActivationKind kind>
void plain(Call& call) {
  call.become(Activation{kind});
}

template <BinaryKind kind>
void binary(Call& call) {
  call.result(0, call.emit(Binary{kind}, {call.in(0), call.in(1)}));
}

void sum(Call& call) {
  std::vector<Operand> terms;
  for (std::size_t i = 0; i < call.inputs(); ++i) terms.push_back(call.in(i));
  if (terms.size() == 1) return call.become(Identity{});
  call.result(0, call.emit(Binary{BinaryKind::add}, terms));
}

void leaky_relu(Call& call) {
  call.become(Activation{ActivationKind::leaky_relu, call.attributes.real("alpha", 0.01)});
}
void elu(Call& call) { call.become(Activation{ActivationKind::elu, call.attributes.real("alpha", 1)}); }

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
  const double low = as_inputs ? call.known_number(1, "min", -infinity) : call.attributes.real("min", -infinity);
  const double high = as_inputs ? call.known_number(2, "max", infinity) : call.attributes.real("max", infinity);
  if (low == 0 && high == infinity) return call.become(Activation{ActivationKind::relu});
  call.become(Activation{ActivationKind::clip, low, high});
}

/// One slope for all or one per channel, in whatever shape broadcasts to that.
void prelu(Call& call) {
  const Tensor& slope = call.known(1, "the slope");
  const Shape x = call.shape(0);
  const Shape& s = slope.shape();
  if (slope.elements() == 1) return call.become(PRelu{}, {{Slot::weight, slope.reshaped({1})}});
  const bool along_channels = x.rank() >= 2 && slope.elements() == x[1] &&
                              s.rank() + 1 >= x.rank() - (s.rank() == x.rank() ? 1 : 0) &&
                              s[s.rank() == x.rank() ? 1 : 0] == x[1];
  if (!along_channels) fail_input("slope {} is not one number per channel of {}", s.str(), x.str());
  call.become(PRelu{}, {{Slot::weight, slope.reshaped({x[1]})}});
}

/// Before opset 13 the input counts as a matrix, rows ending at `axis`.
void softmax(Call& call) {
  const Shape x = call.shape(0);
  if (call.opset() >= 13) return call.become(Softmax{call.attributes.integer("axis", -1)});
  const std::size_t axis = resolve_axis(call.attributes.integer("axis", 1), x.rank());
  if (x.elements(axis + 1, x.rank()) == 1) return call.become(Softmax{static_cast<std::int64_t>(axis)});
  const Operand matrix = call.emit(Flatten{static_cast<std::int64_t>(axis)}, {call.in(0)}, {}, "flat");
  const Operand rows = call.emit(Softmax{1}, {matrix}, {}, "rows");
  call.result(0, call.emit(Reshape{x.vec()}, {rows}));
}

void dropout(Call& call) {
  call.attributes.ignore("ratio");
  call.attributes.ignore("seed");
  call.attributes.ignore("is_test");
  call.no_outputs_from(1);
  if (call.has(2) && call.known_number(2, "training_mode", 0) != 0) fail_input("training_mode is not supported");
  call.become(Identity{});
}

void identity(Call& call) { call.result(0, call.in(0)); }

/// The axis of `x` that a constant runs along when it broadcasts; nothing where it runs along several.
std::optional<std::size_t> axis_of(const Shape& constant, const Shape& x) {
  if (constant.rank() > x.rank()) return std::nullopt;
  std::optional<std::size_t> axis;
  for (std::size_t i = 0; i < constant.rank(); ++i) {
    const std::size_t at = i + x.rank() - constant.rank();
    if (constant[i] == 1) continue;
    if (axis || constant[i] != x[at]) return std::nullopt;
    axis = at;
  }
  return axis ? axis : std::size_t{x.rank() > 1 ? 1U : 0U};
}

/// The larger or smaller of a value and a constant is a clamp.
template <bool larger>
void bound(Call& call) {
  if (call.inputs() == 1) return call.become(Identity{});
  if (call.inputs() != 2 || call.in(0).known.has_value() == call.in(1).known.has_value()) {
    fail_input("only one value and one constant are supported");
  }
  const std::size_t value = call.in(0).known ? 1 : 0;
  const Tensor& limit = *call.in(1 - value).known;
  const Shape x = call.shape(value);
  const auto axis = axis_of(limit.shape(), x);
  if (!axis || x.rank() == 0) fail_input("constant {} does not run along one axis of {}", limit.shape().str(), x.str());
  const Shape along{x[*axis]};
  const Tensor bounds = limit.elements() == along[0]
                            ? limit.reshaped(along)
                            : Tensor::of<double>(along, std::vector<double>(static_cast<std::size_t>(along[0]),
                                                                            limit.to_vector<double>().front()))
                                  .as(limit.dtype());
  const Clamp op{static_cast<std::int64_t>(*axis), larger, !larger};
  call.result(0, call.emit(op, {call.in(value)}, {{larger ? Slot::lower : Slot::upper, bounds}}));
}

constexpr Row rows[] = {{"Relu", plain<ActivationKind::relu>},
                        {"Sigmoid", plain<ActivationKind::sigmoid>},
                        {"Tanh", plain<ActivationKind::tanh>},
                        {"HardSwish", plain<ActivationKind::hard_swish>},
                        {"Softplus", plain<ActivationKind::softplus>},
                        {"Mish", plain<ActivationKind::mish>},
                        {"LeakyRelu", leaky_relu},
                        {"Elu", elu},
                        {"HardSigmoid", hard_sigmoid},
                        {"Gelu", gelu},
                        {"Clip", clip},
                        {"PRelu", prelu},
                        {"Softmax", softmax},
                        {"Add", binary<BinaryKind::add>},
                        {"Sub", binary<BinaryKind::sub>},
                        {"Mul", binary<BinaryKind::mul>},
                        {"Div", binary<BinaryKind::div>},
                        {"Max", bound<true>},
                        {"Min", bound<false>},
                        {"Sum", sum},
                        {"Dropout", dropout},
                        {"Identity", identity}};

}  // namespace

std::span<const Row> elementwise_rows() { return rows; }

}  // namespace banoff::onnx_import
