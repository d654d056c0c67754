// Shape rules of the ops that carry weights: convolutions, dense layers, matmul and the norms.
#include "runtime/core/checked.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/axes.hpp"
#include "runtime/graph/bounded.hpp"

namespace banoff {

namespace {

/// A float type of the input's shape with other sizes.
TensorType like(const TensorType& input, Shape shape) { return {input.dtype, shape, input.bounded}; }

std::int64_t channels(const TensorType& input) {
  if (input.shape.rank() < 2) fail_input("input {} has no channel axis", input.str());
  return input.shape[1];
}

void check_groups(std::int64_t groups, std::int64_t in, std::int64_t out) {
  if (out < 1) fail_input("out is {}, expected at least 1", out);
  if (groups < 1 || in % groups != 0 || out % groups != 0) {
    fail_input("groups={} does not divide {} input and {} output channels", groups, in, out);
  }
}

/// weight and bias of one value per channel.
std::vector<ParamSpec> scale_and_shift(bool scale, bool shift, Shape shape) {
  std::vector<ParamSpec> params;
  if (scale) params.push_back({Slot::weight, shape});
  if (shift) params.push_back({Slot::bias, shape});
  return params;
}

/// Batch dimensions of a matmul broadcast as NumPy's do.
Shape leading(const Shape& shape) { return Shape(std::span(shape.begin(), shape.rank() - 2)); }

}  // namespace

Signature signature(const Conv& op, InputTypes inputs) {
  const TensorType& x = inputs[0];
  const std::int64_t in = channels(x);
  const std::int64_t groups = groups_of(op, x.shape);
  check_groups(groups, in, op.out);
  Shape out{x.shape[0], op.out};
  Shape weight{op.out, in / groups};
  for (const Window& w : windows(op, x.shape)) {
    out.push_back(w.output);
    weight.push_back(w.kernel);
  }
  Signature result{{like(x, out)}, {{Slot::weight, weight}}};
  if (op.bias) result.params.push_back({Slot::bias, {op.out}});
  if (op.pad_value) result.params.push_back({Slot::pad_value, {in}});
  if (op.weight_scale) result.params.push_back({Slot::weight_scale, {op.out}});
  return result;
}

Signature signature(const ConvTranspose& op, InputTypes inputs) {
  const TensorType& x = inputs[0];
  const std::int64_t in = channels(x);
  check_groups(op.groups, in, op.out);
  Shape out{x.shape[0], op.out};
  Shape weight{in, op.out / op.groups};
  for (const Window& w : windows(op, x.shape)) {
    out.push_back(w.output);
    weight.push_back(w.kernel);
  }
  Signature result{{like(x, out)}, {{Slot::weight, weight}}};
  if (op.bias) result.params.push_back({Slot::bias, {op.out}});
  return result;
}

Signature signature(const Dense& op, InputTypes inputs) {
  const TensorType& x = inputs[0];
  if (x.shape.rank() < 1) fail_input("input is a scalar, expected at least one dimension");
  if (op.out < 1) fail_input("out is {}, expected at least 1", op.out);
  Shape out = x.shape;
  out[out.rank() - 1] = op.out;
  Signature result{{like(x, out)}, {{Slot::weight, {op.out, x.shape.back()}}}};
  if (op.bias) result.params.push_back({Slot::bias, {op.out}});
  if (op.weight_scale) result.params.push_back({Slot::weight_scale, {op.out}});
  return result;
}

Signature signature(const MatMul& op, InputTypes inputs) {
  const Shape& a = inputs[0].shape;
  const Shape& b = inputs[1].shape;
  if (a.rank() < 2 || b.rank() < 2) fail_input("matmul of {} and {}: both need two dimensions", a.str(), b.str());
  if (inputs[0].dtype != inputs[1].dtype) {
    fail_input("matmul of {} and {}: one element type expected", inputs[0].str(), inputs[1].str());
  }
  if (op.transpose_a) refuse_bounded(inputs[0], "matmul of the transpose");
  refuse_bounded(inputs[1], "matmul by the second operand");
  const std::size_t p = a.rank();
  const std::size_t q = b.rank();
  const std::int64_t rows = op.transpose_a ? a[p - 1] : a[p - 2];
  const std::int64_t inner_a = op.transpose_a ? a[p - 2] : a[p - 1];
  const std::int64_t inner_b = op.transpose_b ? b[q - 1] : b[q - 2];
  const std::int64_t columns = op.transpose_b ? b[q - 2] : b[q - 1];
  if (inner_a != inner_b) {
    fail_input("matmul of {} and {}: inner sizes {} and {} differ", a.str(), b.str(), inner_a, inner_b);
  }
  Shape out = broadcast(leading(a), leading(b));
  out.push_back(rows);
  out.push_back(columns);
  return {{like(inputs[0], out)}, {}};
}

Signature signature(const BatchNorm& op, InputTypes inputs) {
  const Shape c{channels(inputs[0])};
  if (!(op.eps >= 0)) fail_input("eps is {}, expected 0 or more", op.eps);
  Signature result{{inputs[0]}, scale_and_shift(op.affine, op.affine, c)};
  result.params.push_back({Slot::mean, c});
  result.params.push_back({Slot::var, c});
  return result;
}

Signature signature(const Affine& op, InputTypes inputs) {
  const std::size_t axis = resolve_axis(op.axis, inputs[0].shape.rank());
  return {{inputs[0]}, scale_and_shift(op.scale, op.shift, {inputs[0].shape[axis]})};
}

Signature signature(const PRelu&, InputTypes inputs) { return {{inputs[0]}, {{Slot::weight, {channels(inputs[0])}}}}; }

Signature signature(const GroupNorm& op, InputTypes inputs) {
  const std::int64_t c = channels(inputs[0]);
  if (!op.instance && (op.groups < 1 || c % op.groups != 0)) {
    fail_input("groups={} does not divide {} channels", op.groups, c);
  }
  return {{inputs[0]}, scale_and_shift(op.affine, op.affine, {c})};
}

Signature signature(const LayerNorm& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  Shape normalized;
  for (const std::size_t axis : resolve_axes(op.axes, x.rank())) {
    if (axis == 0) refuse_bounded(inputs[0], "layer norm over dimension 0");
  }
  for (const std::int64_t axis : op.axes) normalized.push_back(x[resolve_axis(axis, x.rank())]);
  return {{inputs[0]}, scale_and_shift(op.affine, op.affine, normalized)};
}

Signature signature(const Constant& op, InputTypes) {
  const Shape shape(op.shape);
  return {{{op.type, shape, false}}, {{Slot::value, shape}}};
}

}  // namespace banoff
