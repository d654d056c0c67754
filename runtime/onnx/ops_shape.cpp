// Operators whose result is known while importing, whatever the network is given: constants and sizes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/graph/bounded.hpp"
#include "runtime/onnx/tensor.hpp"
#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

Operand integers(const Call& call, const Ints& values) { return {none, call.known().integers(values)}; }

void constant(Call& call) {
  if (const onnx::TensorProto* value = call.attributes.tensor("value")) {
    return call.result(0, {none, call.known().stored(*value)});
  }
  if (const auto number = call.attributes.integer("value_int")) {
    return call.result(0, {none, call.known().integers(Ints{*number}).reshaped({})});
  }
  if (const auto numbers = call.attributes.integers("value_ints")) return call.result(0, integers(call, *numbers));
  if (call.attributes.has("value_float")) {
    return call.result(0, {none, call.known().filled(DType::f32, {}, call.attributes.real("value_float", 0))});
  }
  if (const auto numbers = call.attributes.reals("value_floats")) {
    const auto element = [&](std::int64_t i) { return (*numbers)[static_cast<std::size_t>(i)]; };
    return call.result(0, {none, call.known().numbers(DType::f32, {std::ssize(*numbers)}, element)});
  }
  fail_input("a constant of this kind is not supported");
}

void constant_of_shape(Call& call) {
  const Ints sizes = call.known_integers(0, "the shape");
  const onnx::TensorProto* given = call.attributes.tensor("value");
  const Known value = given ? call.known().stored(*given) : call.known().filled(DType::f32, {1}, 0);
  if (value.elements() != 1) fail_input("value is {}, expected one element", value.shape().str());
  auto [tensor, data] = call.known().allocate(value.dtype(), Shape(sizes));
  const std::size_t size = size_of(value.dtype());
  for (std::size_t at = 0; at < tensor.bytes(); at += size) std::copy_n(value.data(), size, data + at);
  call.result(0, {none, tensor});
}

void shape_of(Call& call) {
  const Shape x = call.shape(0);
  const auto rank = static_cast<std::int64_t>(x.rank());
  const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const std::int64_t begin = place(call.attributes.integer("start", 0));
  const std::int64_t end = std::max(place(call.attributes.integer("end", rank)), begin);
  if (begin == 0 && end > 0) refuse_bounded(call.type(0), "the number of rows");
  call.result(0, integers(call, {x.begin() + begin, x.begin() + end}));
}

void size_of_tensor(Call& call) {
  refuse_bounded(call.type(0), "the size");
  call.result(0, {none, call.known().integers(Ints{call.shape(0).elements()}).reshaped({})});
}

void cast(Call& call) {
  call.attributes.ignore("saturate");    // of 8-bit floats
  call.attributes.ignore("round_mode");  // of 8-bit exponents
  call.become(Cast{dtype_of_onnx(static_cast<std::int32_t>(call.attributes.integer("to", 0)))});
}

void cast_like(Call& call) {
  call.attributes.ignore("saturate");
  call.attributes.ignore("round_mode");
  call.become(Cast{call.type(1).dtype});
}

/// One integer, exactly.
std::int64_t known_integer(const Call& call, std::size_t i, std::string_view what) {
  const Ints values = call.known_integers(i, what);
  if (values.size() != 1) fail_input("{} has {} values, expected one", what, values.size());
  return values.front();
}

/// The same of integers, whose sums may take all of their 64 bits.
void integer_range(Call& call) {
  const std::int64_t start = known_integer(call, 0, "start"), limit = known_integer(call, 1, "limit");
  const std::int64_t delta = known_integer(call, 2, "delta");
  std::int64_t way = 0;
  const bool beyond = __builtin_sub_overflow(limit, start, &way) || way == std::numeric_limits<std::int64_t>::min();
  if (beyond || delta == 0 || way == 0 || (way < 0) != (delta < 0))
    fail_input("no elements, or too many, from {} to {} by {}", start, limit, delta);
  const std::int64_t count = way / delta + (way % delta != 0 ? 1 : 0);
  const auto element = [&](std::int64_t i) { return start + i * delta; };
  call.result(0, {none, call.known().as(call.known().integers({count}, element), call.type(0).dtype)});
}

/// start, start + delta, … before limit.
void range(Call& call) {
  if (is_integer(call.type(0).dtype)) return integer_range(call);
  const double start = call.known_number(0, "start", 0), limit = call.known_number(1, "limit", 0);
  const double delta = call.known_number(2, "delta", 1);
  const double count = std::ceil((limit - start) / delta);
  if (!(count >= 1)) fail_input("{} elements from {} to {} by {}", count, start, limit, delta);
  const auto element = [&](std::int64_t i) { return start + static_cast<double>(i) * delta; };
  call.result(0, {none, call.known().numbers(call.type(0).dtype, {checked_integer(count, "the size")}, element)});
}

/// Ones on the k-th diagonal of a matrix as large as the input.
void eye_like(Call& call) {
  const Shape x = call.shape(0);
  if (x.rank() != 2) fail_input("input {} is no matrix", x.str());
  const std::int64_t k = call.attributes.integer("k", 0);
  const auto given = call.attributes.integer("dtype");
  const DType type = given ? dtype_of_onnx(static_cast<std::int32_t>(*given)) : call.type(0).dtype;
  const auto element = [&](std::int64_t i) { return i % x[1] - i / x[1] == k ? 1.0 : 0.0; };
  call.result(0, {none, call.known().numbers(type, x, element)});
}

constexpr Row rows[] = {{"Constant", constant}, {"ConstantOfShape", constant_of_shape},
                        {"Shape", shape_of},    {"Size", size_of_tensor},
                        {"Range", range},       {"EyeLike", eye_like},
                        {"Cast", cast},         {"CastLike", cast_like}};

}  // namespace

std::span<const Row> shape_rows() { return rows; }

}  // namespace banoff::onnx_import
