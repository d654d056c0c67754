// Integers that stand for floats: x = (q - zero point) scale.
#include <algorithm>
#include <cmath>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/onnx/steps.hpp"
#include "runtime/onnx/tensor.hpp"
#include "runtime/onnx/weight_grid.hpp"

namespace banoff::onnx_import {

namespace {

/// How scales and zero points lie along their axis: one for all, one for each place, one for each block of places.
struct Spread {
  std::size_t axis = 0;
  std::int64_t block = 0;
};

/// `values` as something that broadcasts to x.
Operand spread(const Steps& s, const Operand& values, const Shape& x, const Spread& along, std::string_view what) {
  const Shape shape = s.type(values).shape;
  const auto wrong = [&] {
    fail_input("{} is {}, for {} along axis {} in blocks of {}", what, shape.str(), x.str(), along.axis, along.block);
  };
  if (along.block == 0) {
    if (shape.elements() == 1) return s.reshape(values, {});
    if (along.axis >= x.rank() || shape.rank() != 1 || shape[0] != x[along.axis]) wrong();
    Ints sizes(x.rank(), 1);
    sizes[along.axis] = shape[0];
    return s.reshape(values, sizes);
  }
  Shape blocks = x;
  if (along.axis < x.rank()) blocks[along.axis] = (x[along.axis] - 1) / along.block + 1;
  if (along.axis >= x.rank() || shape != blocks) wrong();
  return s.take(values, along.axis, x[along.axis], [&](std::int64_t i) { return i / along.block; });
}

bool all_zero(const Steps& s, const Operand& x) {
  if (!x.known) return false;
  const KnownTensors::Lease meanwhile = s.known().lend(x.known->elements());
  const std::vector<double> values = x.known->to_vector<double>();
  return std::ranges::all_of(values, [](double value) { return value == 0; });
}

/// What is known of a scale now is looked at now.
void check_scale(const Call& call) {
  const Operand& scale = call.in(1);
  if (!is_float(call.type(1).dtype)) fail_input("the scale is {}, expected a float type", name_of(call.type(1).dtype));
  if (!scale.known) return;
  const KnownTensors::Lease meanwhile = call.known().lend(scale.known->elements());
  const std::vector<double> values = scale.known->to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > 0) || !std::isfinite(values[i]))
      fail_input("scale[{}] is {}, expected a positive number", i, values[i]);
  }
}

Spread spread_of(Call& call) {
  Spread along;
  along.block = call.attributes.integer("block_size", 0);
  if (along.block < 0) fail_input("block_size = {}", along.block);
  // Of a tensor without axes, and where there is one scale, the axis means nothing.
  const std::int64_t axis = call.attributes.integer("axis", 1);
  if (along.block != 0 || call.shape(1).elements() != 1) along.axis = resolve_axis(axis, call.shape(0).rank());
  return along;
}

/// One scale and one zero point that are known: what the graph's own ops take.
struct OneGrid {
  double scale = 1;
  std::int64_t zero_point = 0;
};
std::optional<OneGrid> one_grid(const Call& call, const Spread& along) {
  const auto is_one = [&](std::size_t i) { return call.in(i).known && call.in(i).known->elements() == 1; };
  if (along.block != 0 || !is_one(1) || (call.has(2) && !is_one(2))) return std::nullopt;
  if (call.type(1).dtype == DType::f64) return std::nullopt;
  return OneGrid{call.known_number(1, "the scale", 1), call.known_integer(2, "the zero point", 0)};
}

/// The element type of what a QuantizeLinear gives: that of the zero point, or `output_dtype`.
DType quantized_type(Call& call) {
  const auto output = static_cast<std::int32_t>(call.attributes.integer("output_dtype", 0));
  const DType given = output == 0 ? DType::u8 : dtype_of_onnx(output);
  const DType type = call.has(2) ? call.type(2).dtype : given;
  if (output != 0 && type != given)
    fail_input("output_dtype is {}, but the zero point {}", name_of(given), name_of(type));
  if (type != DType::u8 && type != DType::i8 && type != DType::u16 && type != DType::i16)
    fail_input("the zero point is {}, expected an integer of 8 or 16 bits", name_of(type));
  return type;
}

/// What is a float of 32 bits everywhere: also where everything is computed in 64, and halves would lie elsewhere.
Operand narrowed(const Steps& s, const Operand& x) { return x.known ? x : s.emit(Cast{s.type(x).dtype}, {x}); }

/// round(x / scale) + zero within the range of `to`; the operands broadcast.
Operand rounded(const Steps& s, const Operand& x, const Operand& scale, const std::optional<Operand>& zero, DType to) {
  Operand y = s.unary(UnaryKind::round, narrowed(s, s.div(x, scale)));
  if (zero) y = s.add(y, s.cast(*zero, s.type(y).dtype));
  const IntegerRange range = range_of(to);
  y = s.activation(ActivationKind::clip, y, static_cast<double>(range.least), static_cast<double>(range.most));
  return s.cast(y, to);
}

/// Computed in 32 bits, which hold every integer of 16, but where the scale or `precision` has 64.
void quantize(Call& call) {
  const Steps s(call);
  const Shape shape = call.shape(0);
  const DType from = call.type(0).dtype;
  if (!is_float(from) && from != DType::i32) fail_input("input {}, expected floats or int32", name_of(from));
  check_scale(call);
  const DType to = quantized_type(call);
  const auto precision = static_cast<std::int32_t>(call.attributes.integer("precision", 0));
  call.attributes.ignore("saturate");  // of floats of 8 bits
  const bool twice = call.type(1).dtype == DType::f64 || (precision != 0 && dtype_of_onnx(precision) == DType::f64);
  const DType wide = twice ? DType::f64 : DType::f32;
  const Spread along = spread_of(call);
  const Operand x = is_float(from) && !twice ? call.in(0) : s.cast(call.in(0), wide);
  const auto grid = twice ? std::nullopt : one_grid(call, along);
  if (grid) return call.result(0, s.emit(Quantize{to, grid->scale, grid->zero_point}, {x}));
  std::optional<Operand> zero;
  if (call.has(2)) zero = spread(s, call.in(2), shape, along, "the zero point");
  const Operand scale = narrowed(s, s.cast(spread(s, call.in(1), shape, along, "the scale"), wide));
  call.result(0, rounded(s, s.cast(x, wide), scale, zero, to));
}

/// The grid of what is known throughout, as layers take it.
std::shared_ptr<const WeightGrid> grid_of(const Call& call, const Spread& along, DType result) {
  const bool known = call.in(0).known && call.in(1).known && (!call.has(2) || call.in(2).known);
  if (!known || along.block != 0 || result != DType::f32) return nullptr;
  const Known* zeros = call.has(2) ? &*call.in(2).known : nullptr;
  return weight_grid(call.known(), *call.in(0).known, *call.in(1).known, zeros, along.axis);
}

/// Computed in 32 bits, which hold every integer of 16 and every difference of two, and then rounded to the type of the
/// scale or, from opset 23 on, to `output_dtype`.
void dequantize(Call& call) {
  const Steps s(call);
  const Shape x = call.shape(0);
  const DType stored = call.type(0).dtype, scale = call.type(1).dtype;
  if (!is_integer(stored)) fail_input("input {} is no integer", name_of(stored));
  check_scale(call);
  const auto output = static_cast<std::int32_t>(call.attributes.integer("output_dtype", 0));
  const DType result = output == 0 ? scale : dtype_of_onnx(output);
  if (!is_float(result)) fail_input("output_dtype is {}, expected a float type", name_of(result));
  const Spread along = spread_of(call);
  if (call.has(2) && call.type(2).dtype != stored)
    fail_input("a zero point of {} for {}", name_of(call.type(2).dtype), name_of(stored));
  const auto grid = size_of(stored) <= 4 && stored != DType::u32 ? one_grid(call, along) : std::nullopt;
  if (grid && !call.in(0).known && result != DType::f64) {
    return call.result(0, s.emit(Dequantize{result, grid->scale, grid->zero_point}, {call.in(0)}));
  }
  const DType wide = scale == DType::f64 ? scale : DType::f32;
  Operand y = s.cast(call.in(0), wide);
  if (call.has(2) && !all_zero(s, call.in(2)))
    y = s.sub(y, s.cast(spread(s, call.in(2), x, along, "the zero point"), wide));
  y = s.mul(y, s.cast(spread(s, call.in(1), x, along, "the scale"), wide));
  y = s.cast(y, result);
  y.grid = grid_of(call, along, result);
  call.result(0, std::move(y));
}

/// Onto the smallest grid of 8 bits that holds the tensor and zero; of nothing but zeros its scale is 1.
void dynamic_quantize(Call& call) {
  const Steps s(call);
  const Operand& x = call.in(0);
  if (!is_float(call.type(0).dtype)) fail_input("input {}, expected floats", name_of(call.type(0).dtype));
  const Ints all = all_axes(call.shape(0).rank());
  const Operand zero = s.number(x, 0);
  const Operand least = s.pair(PairKind::min, s.reduce(ReduceKind::min, x, all, false), zero);
  const Operand most = s.pair(PairKind::max, s.reduce(ReduceKind::max, x, all, false), zero);
  const Operand range = s.sub(most, least);
  const Operand step = s.where(s.equal(range, zero), s.number(x, 1), s.div(range, s.number(x, 255)));
  const Operand scale = narrowed(s, step);
  const Operand point = rounded(s, s.sub(zero, least), scale, std::nullopt, DType::u8);
  call.result(0, rounded(s, x, scale, point, DType::u8));
  call.result(1, scale);
  call.result(2, point);
}

constexpr Row rows[] = {
    {"QuantizeLinear", quantize}, {"DequantizeLinear", dequantize}, {"DynamicQuantizeLinear", dynamic_quantize}};

}  // namespace

std::span<const Row> quantised_rows() { return rows; }

}  // namespace banoff::onnx_import
