// Shape rules of the ops in ops_values.hpp.
#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/axes.hpp"
#include "runtime/graph/bounded.hpp"

namespace banoff {

namespace {

void same_type(const TensorType& a, const TensorType& b) {
  if (a.dtype != b.dtype) fail_input("inputs are {} and {}, expected one type", name_of(a.dtype), name_of(b.dtype));
}

void require_integers(const TensorType& indices) {
  if (!is_integer(indices.dtype)) fail_input("indices are {}, expected integers", name_of(indices.dtype));
}

void refuse_boolean(const TensorType& type) {
  if (type.dtype == DType::boolean) fail_input("input is {}, expected numbers", type.str());
}

TensorType both(const TensorType& a, const TensorType& b) {
  return {a.dtype, broadcast(a.shape, b.shape), a.bounded || b.bounded};
}

std::size_t axis_within(std::int64_t axis, const TensorType& input, std::string_view op) {
  const std::size_t at = resolve_axis(axis, input.shape.rank());
  if (at == 0) refuse_bounded(input, op);
  return at;
}

}  // namespace

Signature signature(const Unary& op, InputTypes inputs) {
  const DType type = inputs[0].dtype;
  const bool rounds = op.kind <= UnaryKind::round;
  const bool fits =
      op.kind == UnaryKind::logical_not ? type == DType::boolean : is_float(type) || (rounds && is_integer(type));
  if (!fits) fail_input("is not defined on {}", name_of(type));
  return {{inputs[0]}, {}};
}

Signature signature(const Compare& op, InputTypes inputs) {
  same_type(inputs[0], inputs[1]);
  if (op.kind != CompareKind::equal) refuse_boolean(inputs[0]);
  TensorType out = both(inputs[0], inputs[1]);
  out.dtype = DType::boolean;
  return {{out}, {}};
}

Signature signature(const Pair& op, InputTypes inputs) {
  same_type(inputs[0], inputs[1]);
  if (op.kind != PairKind::max && op.kind != PairKind::min) refuse_boolean(inputs[0]);
  return {{both(inputs[0], inputs[1])}, {}};
}

Signature signature(const Where&, InputTypes inputs) {
  if (inputs[0].dtype != DType::boolean) fail_input("the condition is {}, expected bool", name_of(inputs[0].dtype));
  same_type(inputs[1], inputs[2]);
  TensorType out = both(inputs[1], inputs[2]);
  out.shape = broadcast(out.shape, inputs[0].shape);
  out.bounded = out.bounded || inputs[0].bounded;
  return {{out}, {}};
}

Shape reduced_shape(const Ints& axes, bool keep_dims, const TensorType& input) {
  const Shape& x = input.shape;
  std::array<bool, Shape::max_rank> reduced{};
  for (const std::size_t axis : resolve_axes(axes, x.rank())) reduced[axis] = true;
  if (reduced[0]) refuse_bounded(input, "a reduction over dimension 0");
  Shape out;
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (!reduced[i]) out.push_back(x[i]);
    else if (keep_dims) out.push_back(1);
  }
  return out;
}

Signature signature(const Reduce& op, InputTypes inputs) {
  if (op.kind == ReduceKind::sum || op.kind == ReduceKind::prod) refuse_boolean(inputs[0]);
  if (op.kind == ReduceKind::mean && !is_float(inputs[0].dtype))
    fail_input("input is {}, expected a float type", inputs[0].str());
  return {{{inputs[0].dtype, reduced_shape(op.axes, op.keep_dims, inputs[0]), inputs[0].bounded}}, {}};
}

Signature signature(const ArgReduce& op, InputTypes inputs) {
  return {{{DType::i64, reduced_shape({op.axis}, op.keep_dims, inputs[0]), inputs[0].bounded}}, {}};
}

Signature signature(const TopK& op, InputTypes inputs) {
  TensorType values = inputs[0];
  const std::size_t axis = axis_within(op.axis, values, "top_k of dimension 0");
  if (op.k < 1 || op.k > values.shape[axis])
    fail_input("k is {}, axis {} of {} has {}", op.k, axis, values.str(), values.shape[axis]);
  values.shape[axis] = op.k;
  return {{values, {DType::i64, values.shape, values.bounded}}, {}};
}

Signature signature(const Cumulate& op, InputTypes inputs) {
  refuse_boolean(inputs[0]);
  (void)axis_within(op.axis, inputs[0], "accumulation along dimension 0");
  return {{inputs[0]}, {}};
}

Signature signature(const Expand& op, InputTypes inputs) {
  refuse_bounded(inputs[0], "expand");
  return {{{inputs[0].dtype, broadcast(inputs[0].shape, Shape(op.shape)), false}}, {}};
}

Signature signature(const Gather& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  const Shape& indices = inputs[1].shape;
  require_integers(inputs[1]);
  const std::size_t axis = axis_within(op.axis, inputs[0], "gather along dimension 0");
  if (inputs[1].bounded && axis != 0) refuse_bounded(inputs[1], "gather with the indices");
  Shape out;
  for (std::size_t i = 0; i < axis; ++i) out.push_back(x[i]);
  for (const std::int64_t size : indices) out.push_back(size);
  for (std::size_t i = axis + 1; i < x.rank(); ++i) out.push_back(x[i]);
  return {{{inputs[0].dtype, out, inputs[0].bounded || inputs[1].bounded}}, {}};
}

Signature signature(const GatherElements& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  const Shape& indices = inputs[1].shape;
  require_integers(inputs[1]);
  for (const TensorType& input : inputs) refuse_bounded(input, "gather_elements");
  if (indices.rank() != x.rank()) fail_input("indices {} for {}", indices.str(), x.str());
  const std::size_t axis = resolve_axis(op.axis, x.rank());
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (i != axis && indices[i] > x[i]) fail_input("indices {} for {} along axis {}", indices.str(), x.str(), axis);
  }
  return {{{inputs[0].dtype, indices, false}}, {}};
}

/// The shape of the slices that the last dimension of `indices` names.
Shape slice_shape(const Shape& x, const Shape& indices, std::size_t batch_dims) {
  if (indices.rank() < 1 || batch_dims >= indices.rank() || batch_dims > x.rank()) {
    fail_input("indices {} for {} with {} shared dimensions", indices.str(), x.str(), batch_dims);
  }
  for (std::size_t i = 0; i < batch_dims; ++i) {
    if (indices[i] != x[i]) fail_input("indices {} for {}: dimension {} differs", indices.str(), x.str(), i);
  }
  const auto named = static_cast<std::size_t>(indices.back());
  if (named + batch_dims > x.rank()) fail_input("indices {} name {} dimensions of {}", indices.str(), named, x.str());
  Shape slice;
  for (std::size_t i = batch_dims + named; i < x.rank(); ++i) slice.push_back(x[i]);
  return slice;
}

Signature signature(const GatherNd& op, InputTypes inputs) {
  require_integers(inputs[1]);
  refuse_bounded(inputs[0], "gather_nd");
  if (op.batch_dims < 0) fail_input("batch_dims is {}", op.batch_dims);
  const Shape& indices = inputs[1].shape;
  const Shape slice = slice_shape(inputs[0].shape, indices, static_cast<std::size_t>(op.batch_dims));
  if (op.batch_dims > 0 || indices.rank() < 2) refuse_bounded(inputs[1], "gather_nd with the indices");
  Shape out;
  for (std::size_t i = 0; i + 1 < indices.rank(); ++i) out.push_back(indices[i]);
  for (const std::int64_t size : slice) out.push_back(size);
  return {{{inputs[0].dtype, out, inputs[1].bounded}}, {}};
}

Signature signature(const ScatterElements& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  require_integers(inputs[1]);
  same_type(inputs[0], inputs[2]);
  if (op.reduction != Reduction::none) refuse_boolean(inputs[0]);
  for (const TensorType& input : inputs) refuse_bounded(input, "scatter_elements");
  const std::size_t axis = resolve_axis(op.axis, x.rank());
  const Shape& indices = inputs[1].shape;
  bool fits = indices == inputs[2].shape && indices.rank() == x.rank();
  for (std::size_t i = 0; fits && i < x.rank(); ++i) fits = i == axis || indices[i] <= x[i];
  if (!fits) fail_input("indices {} and updates {} for {}", indices.str(), inputs[2].shape.str(), x.str());
  return {{inputs[0]}, {}};
}

Signature signature(const ScatterNd& op, InputTypes inputs) {
  const Shape& indices = inputs[1].shape;
  require_integers(inputs[1]);
  same_type(inputs[0], inputs[2]);
  if (op.reduction != Reduction::none) refuse_boolean(inputs[0]);
  for (const TensorType& input : inputs) refuse_bounded(input, "scatter_nd");
  const Shape slice = slice_shape(inputs[0].shape, indices, 0);
  Shape updates;
  for (std::size_t i = 0; i + 1 < indices.rank(); ++i) updates.push_back(indices[i]);
  for (const std::int64_t size : slice) updates.push_back(size);
  if (updates != inputs[2].shape) fail_input("updates are {}, expected {}", inputs[2].shape.str(), updates.str());
  return {{inputs[0]}, {}};
}

Signature signature(const SelectBoxes& op, InputTypes inputs) {
  const Shape& boxes = inputs[0].shape;
  const Shape& scores = inputs[1].shape;
  for (const TensorType& input : inputs) refuse_bounded(input, "select_boxes");
  if (boxes.rank() != 3 || scores.rank() != 3 || boxes[2] != 4 || boxes[0] != scores[0] || boxes[1] != scores[2]) {
    fail_input("boxes {} and scores {}, expected [N, K, 4] and [N, C, K]", boxes.str(), scores.str());
  }
  if (op.max < 1) fail_input("max is {}, expected at least 1", op.max);
  const std::int64_t rows = checked_mul(scores[0], checked_mul(scores[1], std::min(op.max, scores[2])));
  return {{{DType::i64, {rows, 3}, true}}, {}};
}

Signature signature(const MaxPoolIndices& op, InputTypes inputs) {
  Signature result = signature(op.pool, inputs);
  result.outputs[0].dtype = DType::i64;
  return result;
}

}  // namespace banoff
