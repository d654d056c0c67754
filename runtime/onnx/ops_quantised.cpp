// Integers that stand for floats: x = (q - zero point) scale.
#include <algorithm>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/steps.hpp"
#include "runtime/onnx/tensor.hpp"

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

/// Computed in 32 bits, which hold every integer of 16 and every difference of two, and then rounded to the type of the
/// scale or, from opset 23 on, to `output_dtype`.
void dequantize(Call& call) {
  const Steps s(call);
  const Shape x = call.shape(0);
  const DType stored = call.type(0).dtype, scale = call.type(1).dtype;
  if (!is_integer(stored)) fail_input("input {} is no integer", name_of(stored));
  if (!is_float(scale)) fail_input("the scale is {}, expected a float type", name_of(scale));
  const auto output = static_cast<std::int32_t>(call.attributes.integer("output_dtype", 0));
  const DType result = output == 0 ? scale : dtype_of_onnx(output);
  Spread along;
  along.block = call.attributes.integer("block_size", 0);
  if (along.block < 0) fail_input("block_size = {}", along.block);
  // Of a tensor without axes, and where there is one scale, the axis means nothing.
  const std::int64_t axis = call.attributes.integer("axis", 1);
  const bool one = along.block == 0 && call.shape(1).elements() == 1;
  if (!one) along.axis = resolve_axis(axis, x.rank());
  const DType wide = scale == DType::f64 ? scale : DType::f32;
  Operand y = s.cast(call.in(0), wide);
  if (call.has(2) && !all_zero(s, call.in(2))) {
    if (call.type(2).dtype != stored)
      fail_input("a zero point of {} for {}", name_of(call.type(2).dtype), name_of(stored));
    y = s.sub(y, s.cast(spread(s, call.in(2), x, along, "the zero point"), wide));
  }
  y = s.mul(y, s.cast(spread(s, call.in(1), x, along, "the scale"), wide));
  call.result(0, s.cast(y, result));
}

constexpr Row rows[] = {{"DequantizeLinear", dequantize}};

}  // namespace

std::span<const Row> quantised_rows() { return rows; }

}  // namespace banoff::onnx_import
