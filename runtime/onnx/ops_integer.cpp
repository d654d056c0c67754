// Products of integers of 8 bits, summed up in 32. Floats of 32 bits hold whole numbers up to 2^24: where a sum may be
// larger, factors are taken apart into halves of 4 bits, and the sums of products of those are put together as
// integers.
#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/spatial.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

constexpr double exact_sum = 0x1p24, largest_difference = 255, half = 16;

/// x as one part, or as two: 16 times the first and the second, which is from 0 to 15.
std::vector<Operand> parts_of(const Steps& s, const Operand& x, bool split) {
  if (!split) return {x};
  const Operand high = s.unary(UnaryKind::floor, s.mul(x, s.number(x, 1 / half)));
  return {high, s.sub(x, s.mul(high, s.number(x, half)))};
}

/// `product(x, w)`, a sum of `count` products, of whole numbers of a magnitude of at most 255.
template <class F>
Operand summed_exactly(const Steps& s, const Operand& x, const Operand& w, std::int64_t count, F product) {
  const auto terms = static_cast<double>(count);
  const bool split_x = terms * largest_difference * largest_difference > exact_sum;
  const bool split_w = terms * half * largest_difference > exact_sum;
  if (terms * half * half > exact_sum)
    fail_input("sums of {} products, the limit is {}", count, exact_sum / half / half);
  const std::vector<Operand> xs = parts_of(s, x, split_x), ws = parts_of(s, w, split_w);
  std::optional<Operand> sum;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    for (std::size_t j = 0; j < ws.size(); ++j) {
      Operand part = s.cast(product(xs[i], ws[j]), DType::i32);
      const double factor = (i + 1 < xs.size() ? half : 1) * (j + 1 < ws.size() ? half : 1);
      if (factor != 1) part = s.mul(part, s.number(part, factor));
      sum = sum ? s.add(*sum, part) : part;
    }
  }
  return *sum;
}

/// Input i less its zero point (input z), in floats.
Operand difference(const Call& call, std::size_t i, std::size_t z, const Ints& sizes_of_several) {
  const Steps s(call);
  const DType type = call.type(i).dtype;
  if (type != DType::u8 && type != DType::i8) fail_input("input {} is {}, expected int8 or uint8", i, name_of(type));
  const Operand x = s.cast(call.in(i), DType::f32);
  if (!call.has(z)) return x;
  if (call.type(z).dtype != type) fail_input("a zero point of {} for {}", name_of(call.type(z).dtype), name_of(type));
  const Shape zero = call.shape(z);
  const bool one = zero.elements() == 1, several = zero.rank() == 1;
  if (!one && several && zero.elements() != Shape(sizes_of_several).elements())
    fail_input("the zero point has {} numbers, expected 1 or {}", zero[0], Shape(sizes_of_several).elements());
  const Operand point = one       ? s.reshape(call.in(z), {})
                        : several ? s.reshape(call.in(z), sizes_of_several)
                                  : call.in(z);
  const Operand y = s.sub(x, s.cast(point, DType::f32));
  if (s.type(y).shape != call.shape(i)) fail_input("a zero point {} for {}", zero.str(), call.shape(i).str());
  return y;
}

/// Zero points of rows on the left and of columns on the right.
void matmul_integer(Call& call) {
  const Steps s(call);
  const Shape a = call.shape(0), b = call.shape(1);
  if (a.rank() == 0 || b.rank() == 0) fail_input("matmul of {} and {}", a.str(), b.str());
  const Ints rows{a.rank() > 1 ? a[a.rank() - 2] : 1, 1}, columns{b.rank() > 1 ? b.back() : 1};
  const Operand x = difference(call, 0, 2, a.rank() > 1 ? rows : Ints{1}), w = difference(call, 1, 3, columns);
  const auto product = [&](const Operand& p, const Operand& q) { return product_of(s, p, q); };
  call.result(0, summed_exactly(s, x, w, a.back(), product));
}

/// A convolution as one of 1x1 for each place of the kernel, so that no way of computing it takes it apart into
/// fractions, as Winograd's do. x is padded.
Operand by_places(const Steps& s, const Operand& x, const Operand& weight, const Conv& op, const Shape& output) {
  const Shape kernel = s.type(weight).shape;
  const std::size_t rank = kernel.rank() - 2;
  Slice place;
  for (std::size_t d = 0; d < rank; ++d) place.axes.push_back(static_cast<std::int64_t>(d + 2));
  Slice of_weight = place;
  place.step = op.stride.values;
  place.step.resize(rank, op.stride.at(0));
  std::vector<Operand> sums;
  for (std::int64_t i = 0; i < kernel.elements(2, kernel.rank()); ++i) {
    place.begin.assign(rank, 0), place.end.assign(rank, 0), of_weight.begin.assign(rank, 0), of_weight.end = place.end;
    std::int64_t rest = i;
    for (std::size_t d = rank; d-- > 0; rest /= kernel[d + 2]) {
      const std::int64_t at = rest % kernel[d + 2];
      of_weight.begin[d] = at, of_weight.end[d] = at + 1;
      place.begin[d] = at * op.dilation.at(d);
      place.end[d] = place.begin[d] + (output[d + 2] - 1) * op.stride.at(d) + 1;
    }
    Conv one;
    one.out = op.out, one.groups = op.groups, one.kernel = Spatial(Ints(rank, 1));
    const Operand w = s.emit(of_weight, {weight});
    sums.push_back(s.emit(one, {s.emit(place, {x})}, {{Slot::weight, *w.known}}));
  }
  return sums.size() == 1 ? sums[0] : s.emit(Binary{BinaryKind::add}, sums);
}

void conv_integer(Call& call) {
  const Steps s(call);
  (void)call.known(1, "the weight");
  const Shape x = call.shape(0), weight = call.shape(1);
  if (weight.rank() < 3 || x.rank() != weight.rank()) fail_input("a weight {} for {}", weight.str(), x.str());
  constexpr std::int64_t most_places = 4096;
  if (weight.elements(2, weight.rank()) > most_places)
    fail_input("a kernel of {} places, the limit is {}", weight.elements(2, weight.rank()), most_places);
  Conv op;
  op.out = weight[0];
  const std::size_t rank = weight.rank() - 2;
  op.kernel = Spatial(kernel_of(call, weight));
  op.stride = spatial(call, "strides", rank), op.dilation = spatial(call, "dilations", rank);
  op.groups = call.attributes.integer("group", 1);
  if (op.groups < 1) fail_input("group is {}, expected at least 1", op.groups);
  op.padding = padding_of(call, rank);
  const TensorType floats{DType::f32, x, false};
  const Shape output = signature(Op(op), std::span(&floats, 1)).outputs[0].shape;
  Pad pad;
  pad.padding = {Padding::Mode::given, Spatial(Ints()), Spatial(Ints())};
  for (const Window& window : windows(op, x)) {
    pad.padding.begin.values.push_back(window.pad_begin);
    pad.padding.end.values.push_back(window.pad_end);
  }
  Ints of_outputs(weight.rank(), 1);
  of_outputs[0] = weight[0];
  Operand padded = difference(call, 0, 2, {1});
  const auto is_zero = [](std::int64_t size) { return size == 0; };
  const bool none =
      std::ranges::all_of(pad.padding.begin.values, is_zero) && std::ranges::all_of(pad.padding.end.values, is_zero);
  if (!none) padded = s.emit(pad, {padded});
  const auto product = [&](const Operand& p, const Operand& q) { return by_places(s, p, q, op, output); };
  const std::int64_t terms = weight.elements(1, weight.rank());
  call.result(0, summed_exactly(s, padded, difference(call, 1, 3, of_outputs), terms, product));
}

constexpr Row rows[] = {{"MatMulInteger", matmul_integer}, {"ConvInteger", conv_integer}};

}  // namespace

std::span<const Row> integer_rows() { return rows; }

}  // namespace banoff::onnx_import
