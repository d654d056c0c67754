// Functions of one element and of several, on floats, integers and booleans.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

template <UnaryKind kind>
void unary(Call& call) {
  call.become(Unary{kind});
}

/// Of floats it is a linear map, which folding sees through.
void negate(Call& call) {
  if (!is_float(call.type(0).dtype)) return call.become(Unary{UnaryKind::neg});
  call.become(Activation{ActivationKind::linear, -1, 0});
}

/// Of integers it is rounded toward zero.
void error_function(Call& call) {
  const Steps s(call);
  call.result(0, s.in_floats(call.in(0), [&](const Operand& x) { return s.unary(UnaryKind::erf, x); }));
}

/// A number is not equal to itself if it is none.
void is_nan(Call& call) {
  const Steps s(call);
  call.result(0, s.unary(UnaryKind::logical_not, s.equal(call.in(0), call.in(0))));
}

void is_inf(Call& call) {
  const Steps s(call);
  const Operand& x = call.in(0);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bool above = call.attributes.integer("detect_positive", 1) != 0;
  const bool below = call.attributes.integer("detect_negative", 1) != 0;
  if (!above && !below) return call.result(0, s.less(x, x));  // never
  if (above && below) return call.result(0, s.equal(s.unary(UnaryKind::abs, x), s.number(x, infinity)));
  call.result(0, s.equal(x, s.number(x, above ? infinity : -infinity)));
}

template <CompareKind kind, bool swapped>
void compare(Call& call) {
  call.result(0, call.emit(Compare{kind}, {call.in(swapped ? 1 : 0), call.in(swapped ? 0 : 1)}));
}

/// `and` and `or` of booleans are the smaller and the larger.
template <PairKind kind>
void logical(Call& call) {
  call.result(0, call.emit(Pair{kind}, {call.in(0), call.in(1)}));
}

void exclusive_or(Call& call) {
  const Steps s(call);
  call.result(0, s.unary(UnaryKind::logical_not, s.equal(call.in(0), call.in(1))));
}

void where(Call& call) { call.result(0, call.emit(Where{}, {call.in(0), call.in(1), call.in(2)})); }

/// The result has the base's type. Squares and roots are what norms are written with.
void power(Call& call) {
  const Steps s(call);
  const Operand& base = call.in(0);
  const Operand& exponent = call.in(1);
  const DType type = call.type(0).dtype;
  if (exponent.known && exponent.known->elements() == 1 && exponent.known->shape().rank() <= call.shape(0).rank()) {
    const double value = exponent.known->to_vector<double>().front();
    if (value == 2) return call.result(0, s.mul(base, base));
    if (value == 0.5 && is_float(type)) return call.result(0, s.unary(UnaryKind::sqrt, base));
  }
  const bool real_exponent = is_integer(type) && is_float(call.type(1).dtype);
  const DType common = real_exponent ? DType::f64 : type;
  call.result(0, s.cast(s.pair(PairKind::pow, s.cast(base, common), s.cast(exponent, common)), type));
}

void modulo(Call& call) {
  const bool like_dividend = call.attributes.integer("fmod", 0) != 0;
  if (!like_dividend && is_float(call.type(0).dtype)) fail_input("floats need fmod = 1");
  call.result(0, call.emit(Pair{like_dividend ? PairKind::fmod : PairKind::mod}, {call.in(0), call.in(1)}));
}

template <BinaryKind kind>
void binary(Call& call) {
  call.result(0, call.emit(Binary{kind}, {call.in(0), call.in(1)}));
}

std::vector<Operand> all_inputs(const Call& call) {
  std::vector<Operand> inputs;
  for (std::size_t i = 0; i < call.inputs(); ++i) inputs.push_back(call.in(i));
  return inputs;
}

Operand sum_of_inputs(const Call& call) {
  if (call.inputs() == 1) return call.in(0);
  return call.emit(Binary{BinaryKind::add}, all_inputs(call));
}

void sum(Call& call) { call.result(0, sum_of_inputs(call)); }

void mean(Call& call) {
  const Steps s(call);
  const Operand total = sum_of_inputs(call);
  call.result(0, s.div(total, s.number(total, static_cast<double>(call.inputs()))));
}

/// A float value and a constant that runs along one of its axes are a clamp; nothing if they are not.
std::optional<Operand> clamp(const Call& call, bool larger) {
  if (call.inputs() != 2 || call.in(0).known.has_value() == call.in(1).known.has_value()) return std::nullopt;
  const std::size_t value = call.in(0).known ? 1 : 0;
  const Known& limit = *call.in(1 - value).known;
  const Shape x = call.shape(value);
  const auto axis = axis_of(limit.shape(), x);
  if (!axis || x.rank() == 0 || !is_float(limit.dtype())) return std::nullopt;
  const KnownTensors::Lease meanwhile = call.known().lend(limit.elements());
  const std::vector<double> values = limit.to_vector<double>();
  if (std::ranges::any_of(values, [](double v) { return std::isnan(v); })) return std::nullopt;
  const Known bounds = limit.elements() == x[*axis] ? limit.reshaped({x[*axis]})
                                                    : call.known().filled(limit.dtype(), {x[*axis]}, values.front());
  const Clamp op{static_cast<std::int64_t>(*axis), larger, !larger};
  return call.emit(op, {call.in(value)}, {{larger ? Slot::lower : Slot::upper, bounds}});
}

template <PairKind kind>
void extremum(Call& call) {
  if (auto bounded = clamp(call, kind == PairKind::max)) return call.result(0, *bounded);
  Operand best = call.in(0);
  for (std::size_t i = 1; i < call.inputs(); ++i) best = call.emit(Pair{kind}, {best, call.in(i)});
  call.result(0, best);
}

constexpr Row rows[] = {{"Abs", unary<UnaryKind::abs>},
                        {"Neg", negate},
                        {"Sign", unary<UnaryKind::sign>},
                        {"Floor", unary<UnaryKind::floor>},
                        {"Ceil", unary<UnaryKind::ceil>},
                        {"Round", unary<UnaryKind::round>},
                        {"Reciprocal", unary<UnaryKind::reciprocal>},
                        {"Sqrt", unary<UnaryKind::sqrt>},
                        {"Exp", unary<UnaryKind::exp>},
                        {"Log", unary<UnaryKind::log>},
                        {"Erf", error_function},
                        {"Sin", unary<UnaryKind::sin>},
                        {"Cos", unary<UnaryKind::cos>},
                        {"Tan", unary<UnaryKind::tan>},
                        {"Asin", unary<UnaryKind::asin>},
                        {"Acos", unary<UnaryKind::acos>},
                        {"Atan", unary<UnaryKind::atan>},
                        {"Sinh", unary<UnaryKind::sinh>},
                        {"Cosh", unary<UnaryKind::cosh>},
                        {"Asinh", unary<UnaryKind::asinh>},
                        {"Acosh", unary<UnaryKind::acosh>},
                        {"Atanh", unary<UnaryKind::atanh>},
                        {"Not", unary<UnaryKind::logical_not>},
                        {"IsNaN", is_nan},
                        {"IsInf", is_inf},
                        {"Add", binary<BinaryKind::add>},
                        {"Sub", binary<BinaryKind::sub>},
                        {"Mul", binary<BinaryKind::mul>},
                        {"Div", binary<BinaryKind::div>},
                        {"Pow", power},
                        {"Mod", modulo},
                        {"Max", extremum<PairKind::max>},
                        {"Min", extremum<PairKind::min>},
                        {"Sum", sum},
                        {"Mean", mean},
                        {"And", logical<PairKind::min>},
                        {"Or", logical<PairKind::max>},
                        {"Xor", exclusive_or},
                        {"Equal", compare<CompareKind::equal, false>},
                        {"Less", compare<CompareKind::less, false>},
                        {"LessOrEqual", compare<CompareKind::less_equal, false>},
                        {"Greater", compare<CompareKind::less, true>},
                        {"GreaterOrEqual", compare<CompareKind::less_equal, true>},
                        {"Where", where}};

}  // namespace

std::span<const Row> function_rows() { return rows; }

}  // namespace banoff::onnx_import
