// Operators whose result is known while importing, whatever the network is given: constants and sizes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/tensor.hpp"
#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

Operand integers(std::vector<std::int64_t> values) {
  const Shape shape{std::ssize(values)};
  return {none, Tensor::of<std::int64_t>(shape, std::move(values))};
}

void constant(Call& call) {
  if (const onnx::TensorProto* value = call.attributes.tensor("value")) {
    Tensor tensor = tensor_of(*value, call.importer().file().parent_path());
    call.importer().account(tensor.elements());
    return call.result(0, {none, std::move(tensor)});
  }
  if (const auto number = call.attributes.integer("value_int")) {
    return call.result(0, {none, Tensor::of<std::int64_t>({}, {*number})});
  }
  if (auto numbers = call.attributes.integers("value_ints")) return call.result(0, integers(std::move(*numbers)));
  if (call.attributes.has("value_float")) {
    const auto number = static_cast<float>(call.attributes.real("value_float", 0));
    return call.result(0, {none, Tensor::of<float>({}, {number})});
  }
  if (const auto numbers = call.attributes.reals("value_floats")) {
    const Shape shape{std::ssize(*numbers)};
    return call.result(0, {none, Tensor::of<double>(shape, *numbers).as(DType::f32)});
  }
  fail_input("a constant of this kind is not supported");
}

void constant_of_shape(Call& call) {
  const Ints sizes = call.known_integers(0, "the shape");
  const onnx::TensorProto* given = call.attributes.tensor("value");
  const Tensor value = given ? tensor_of(*given, {}) : Tensor::of<float>({1}, {0.0F});
  if (value.elements() != 1) fail_input("value is {}, expected one element", value.shape().str());
  const Shape shape(sizes);
  call.importer().account(shape.elements());
  auto [tensor, data] = Tensor::allocate(value.dtype(), shape);
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
  call.result(0, integers({x.begin() + begin, x.begin() + end}));
}

void size_of_tensor(Call& call) { call.result(0, {none, Tensor::of<std::int64_t>({}, {call.shape(0).elements()})}); }

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
  call.importer().account(count);
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(start + i * delta);
  call.result(0, {none, Tensor::of<std::int64_t>({count}, std::move(values)).as(call.type(0).dtype)});
}

/// start, start + delta, … before limit.
void range(Call& call) {
  if (is_integer(call.type(0).dtype)) return integer_range(call);
  const double start = call.known_number(0, "start", 0), limit = call.known_number(1, "limit", 0);
  const double delta = call.known_number(2, "delta", 1);
  const double count = std::ceil((limit - start) / delta);
  if (!(count >= 1) || !(count < 0x1p29)) fail_input("{} elements from {} to {} by {}", count, start, limit, delta);
  const auto size = static_cast<std::int64_t>(count);
  call.importer().account(size);
  std::vector<double> values;
  for (std::int64_t i = 0; i < size; ++i) values.push_back(start + static_cast<double>(i) * delta);
  call.result(0, {none, Tensor::of<double>({size}, std::move(values)).as(call.type(0).dtype)});
}

/// Ones on the k-th diagonal of a matrix as large as the input.
void eye_like(Call& call) {
  const Shape x = call.shape(0);
  if (x.rank() != 2) fail_input("input {} is no matrix", x.str());
  const std::int64_t k = call.attributes.integer("k", 0);
  const auto given = call.attributes.integer("dtype");
  call.importer().account(x.elements());
  std::vector<double> values;
  for (std::int64_t i = 0; i < x.elements(); ++i) values.push_back(i % x[1] - i / x[1] == k ? 1 : 0);
  const DType type = given ? dtype_of_onnx(static_cast<std::int32_t>(*given)) : call.type(0).dtype;
  call.result(0, {none, Tensor::of<double>(x, std::move(values)).as(type)});
}

constexpr Row rows[] = {{"Constant", constant}, {"ConstantOfShape", constant_of_shape},
                        {"Shape", shape_of},    {"Size", size_of_tensor},
                        {"Range", range},       {"EyeLike", eye_like},
                        {"Cast", cast},         {"CastLike", cast_like}};

}  // namespace

std::span<const Row> shape_rows() { return rows; }

}  // namespace banoff::onnx_import
