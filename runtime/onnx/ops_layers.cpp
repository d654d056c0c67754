// Layers with weights.
#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/spatial.hpp"
#include "runtime/onnx/steps.hpp"
#include "runtime/onnx/weight_grid.hpp"

namespace banoff::onnx_import {

namespace {

/// A weight of a float type: of 2 dimensions or more.
const Known& weight_of(const Call& call, std::size_t i, std::size_t least_rank) {
  const Known& weight = call.known(i, "the weight");
  if (weight.shape().rank() < least_rank) fail_input("weight {} has too few dimensions", weight.shape().str());
  return weight;
}

/// What both kinds of convolution say of their windows.
template <class Op>
void take_windows(Call& call, Op& op, const Shape& weight) {
  const std::size_t rank = weight.rank() - 2;
  op.kernel = Spatial(kernel_of(call, weight));
  op.stride = spatial(call, "strides", rank);
  op.dilation = spatial(call, "dilations", rank);
  op.groups = call.attributes.integer("group", 1);
  if (op.groups < 1) fail_input("group is {}, expected at least 1", op.groups);
  op.padding = padding_of(call, rank);
  op.bias = call.has(2) && call.in(2).known;
}

/// A bias that is not known is added behind.
template <class Op>
void finish(Call& call, const Op& op, const Known& weight, Params params = {}) {
  params.emplace_back(Slot::weight, weight);
  if (op.bias) params.emplace_back(Slot::bias, per_channel(call.known(2, "the bias"), op.out, "bias"));
  if (op.bias || !call.has(2)) return call.become(op, std::move(params));
  const Steps s(call);
  if (call.shape(2) != Shape{op.out}) fail_input("bias is {}, expected {} numbers", call.shape(2).str(), op.out);
  Ints along(weight.shape().rank() - 1, 1);
  along[0] = op.out;
  const Operand y = s.emit(op, {call.in(0)}, std::move(params));
  call.result(0, s.add(y, s.reshape(call.in(2), along)));
}

void conv(Call& call) {
  const Known& weight = weight_of(call, 1, 3);
  const Shape& shape = weight.shape();
  Conv op;
  op.out = shape[0];
  take_windows(call, op, shape);
  Params params;
  if (const auto scale = weight_scale_of(call.known(), call.in(1), 0)) {
    op.weight_scale = true;
    params.emplace_back(Slot::weight_scale, *scale);
  }
  finish(call, op, weight, std::move(params));
}

/// Pads so that the output is as large as it is asked to be (the operator's own rule); one that is larger than the
/// windows reach has zeros at its end.
void pad_for_output(const Call& call, ConvTranspose& op, const Ints& output, bool automatic, bool more_at_begin) {
  Padding padding;
  padding.begin.values.clear(), padding.end.values.clear();
  const Shape input = call.shape(0);
  for (std::size_t i = 0; i < output.size(); ++i) {
    if (output[i] < 1) fail_input("an output of size {}", output[i]);
    const std::int64_t windows = checked_mul(op.stride.at(i), input[i + 2] - 1);
    const std::int64_t window = checked_add(checked_mul(op.kernel.at(i) - 1, op.dilation.at(i)), 1);
    const std::int64_t full = checked_add(checked_add(windows, window), op.output_padding.at(i));
    if (automatic && full < output[i]) {
      fail_input("auto_pad with a stride of {} and windows of {}: the specification does not say what lies between",
                 op.stride.at(i), op.kernel.at(i));
    }
    const std::int64_t more = checked_sub(full, output[i]), total = std::max<std::int64_t>(more, 0);
    op.output_padding.values[i] = checked_add(op.output_padding.at(i), checked_sub(total, more));
    const std::int64_t half = total / 2;
    padding.begin.values.push_back(more_at_begin ? total - half : half);
    padding.end.values.push_back(more_at_begin ? half : total - half);
  }
  op.padding = padding;
}

void conv_transpose(Call& call) {
  const Known& weight = weight_of(call, 1, 3);
  const Shape& shape = weight.shape();
  const std::size_t rank = shape.rank() - 2;
  ConvTranspose op;
  take_windows(call, op, shape);
  op.out = checked_mul(shape[1], op.groups);
  op.output_padding = Spatial(call.attributes.integers("output_padding").value_or(Ints(rank, 0)));
  if (op.output_padding.values.size() != rank)
    fail_input("output_padding is not one number for each of {} dimensions", rank);
  const std::string automatic = call.attributes.text("auto_pad", "NOTSET");
  std::optional<Ints> output = call.attributes.integers("output_shape");
  if (output && output->size() != rank) fail_input("output_shape is not one size for each of {} dimensions", rank);
  if (!output && automatic.starts_with("SAME")) {
    output.emplace();
    for (std::size_t i = 0; i < rank; ++i) output->push_back(checked_mul(call.shape(0)[i + 2], op.stride.at(i)));
  }
  if (output) pad_for_output(call, op, *output, automatic.starts_with("SAME"), automatic != "SAME_UPPER");
  finish(call, op, weight);
}

Known scaled(KnownTensors& known, const Known& tensor, double factor) {
  if (factor == 1) return tensor;
  const KnownTensors::Lease meanwhile = known.lend(tensor.elements());
  const std::vector<double> values = tensor.to_vector<double>();
  const auto element = [&](std::int64_t i) { return factor * values[static_cast<std::size_t>(i)]; };
  return known.numbers(tensor.dtype(), tensor.shape(), element);
}

Operand times(const Steps& s, const Operand& x, double factor) {
  return factor == 1 ? x : s.mul(x, s.number(x, factor));
}

/// y = alpha op(A) op(B) + beta C.
void gemm(Call& call) {
  const Steps s(call);
  const double alpha = call.attributes.real("alpha", 1), beta = call.attributes.real("beta", 1);
  const bool turn_a = call.attributes.integer("transA", 0) != 0, turn_b = call.attributes.integer("transB", 0) != 0;
  const Operand& b = call.in(1);
  if (call.shape(0).rank() != 2 || call.shape(1).rank() != 2) fail_input("operands are not matrices");
  Operand y;
  bool bias = false;
  if (b.known && is_float(b.known->dtype())) {
    const Operand a = turn_a ? s.emit(Transpose{{1, 0}}, {call.in(0)}) : call.in(0);
    const Known weight = scaled(s.known(), turn_b ? *b.known : s.known().permuted(*b.known, {1, 0}), alpha);
    const std::int64_t out = weight.shape()[0];
    bias = call.has(2) && call.in(2).known && call.in(2).known->elements() == out &&
           (call.shape(2).rank() == 0 || call.shape(2).back() == out);
    Params params{{Slot::weight, weight}};
    if (bias) params.emplace_back(Slot::bias, scaled(s.known(), call.in(2).known->reshaped({out}), beta));
    const auto scale = alpha == 1 ? weight_scale_of(s.known(), b, turn_b ? 0 : 1) : std::nullopt;
    if (scale) params.emplace_back(Slot::weight_scale, *scale);
    y = s.emit(Dense{out, bias, scale.has_value()}, {a}, std::move(params));
  } else {
    y = times(s, s.emit(MatMul{turn_a, turn_b}, {call.in(0), b}), alpha);
  }
  call.result(0, call.has(2) && !bias ? s.add(y, times(s, call.in(2), beta)) : y);
}

void matmul(Call& call) { call.result(0, product_of(Steps(call), call.in(0), call.in(1))); }

constexpr Row rows[] = {{"Conv", conv}, {"ConvTranspose", conv_transpose}, {"Gemm", gemm}, {"MatMul", matmul}};

}  // namespace

Operand product_of(const Steps& s, const Operand& left, const Operand& right) {
  const Shape p = s.type(left).shape, q = s.type(right).shape;
  if (p.rank() == 0 || q.rank() == 0) fail_input("matmul of {} and {}", p.str(), q.str());
  const Operand a = p.rank() == 1 ? s.reshape(left, {1, p[0]}) : left;
  const Operand b = q.rank() == 1 ? s.reshape(right, {q[0], 1}) : right;
  Operand y;
  if (b.known && q.rank() == 2 && is_float(b.known->dtype())) {
    const Known weight = s.known().permuted(*b.known, {1, 0});
    Params params{{Slot::weight, weight}};
    const auto scale = weight_scale_of(s.known(), b, 1);
    if (scale) params.emplace_back(Slot::weight_scale, *scale);
    y = s.emit(Dense{weight.shape()[0], false, scale.has_value()}, {a}, std::move(params));
  } else {
    y = s.emit(MatMul{}, {a, b});
  }
  Ints shape = s.type(y).shape.vec();
  if (q.rank() == 1) shape.pop_back();
  if (p.rank() == 1) shape.erase(shape.end() - (q.rank() == 1 ? 1 : 2));
  return s.reshape(y, shape);
}

std::span<const Row> layer_rows() { return rows; }

}  // namespace banoff::onnx_import
