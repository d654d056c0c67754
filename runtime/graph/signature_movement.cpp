// Shape rules of the ops that only move data.
#include <algorithm>
#include <numeric>

#include "runtime/core/checked.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/axes.hpp"
#include "runtime/graph/bounded.hpp"

namespace banoff {

std::vector<std::size_t> resolve_axes(const Ints& axes, std::size_t rank) {
  std::vector<std::size_t> result;
  for (const std::int64_t axis : axes) result.push_back(resolve_axis(axis, rank));
  std::ranges::sort(result);
  if (std::ranges::adjacent_find(result) != result.end()) fail_input("an axis is named twice");
  return result;
}

std::size_t resolve_axis(std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) fail_input("axis {} of a tensor of {} dimensions", axis, rank);
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

Signature signature(const Concat& op, InputTypes inputs) {
  TensorType out = inputs[0];
  const std::size_t axis = resolve_axis(op.axis, out.shape.rank());
  if (axis == 0) refuse_bounded(out, "concat along dimension 0");
  for (const TensorType& other : inputs.subspan(1)) {
    Shape expected = out.shape;
    if (other.shape.rank() == expected.rank()) expected[axis] = other.shape[axis];
    if (other.shape != expected || other.dtype != out.dtype || other.bounded != out.bounded) {
      fail_input("cannot concatenate {} with {} along axis {}", out.str(), other.str(), axis);
    }
    out.shape[axis] = checked_add(out.shape[axis], other.shape[axis]);
  }
  return {{out}, {}};
}

Ints split_sizes(const Split& op, const Shape& input) {
  const std::size_t axis = resolve_axis(op.axis, input.rank());
  Ints sizes = op.sizes;
  if (sizes.empty() == (op.parts == 0)) fail_input("exactly one of sizes and parts must be given");
  if (op.parts != 0) {
    if (op.parts < 1 || input[axis] % op.parts != 0)
      fail_input("{} does not split into {} equal parts", input[axis], op.parts);
    sizes.assign(static_cast<std::size_t>(op.parts), input[axis] / op.parts);
  }
  std::int64_t sum = 0;
  for (const std::int64_t size : sizes) {
    if (size < 1) fail_input("a part of size {}", size);
    sum = checked_add(sum, size);
  }
  if (sum != input[axis]) fail_input("parts add up to {}, axis {} of {} has {}", sum, axis, input.str(), input[axis]);
  return sizes;
}

Signature signature(const Split& op, InputTypes inputs) {
  const std::size_t axis = resolve_axis(op.axis, inputs[0].shape.rank());
  if (axis == 0) refuse_bounded(inputs[0], "split of dimension 0");
  Signature result;
  for (const std::int64_t size : split_sizes(op, inputs[0].shape)) {
    result.outputs.push_back(inputs[0]);
    result.outputs.back().shape[axis] = size;
  }
  return result;
}

ResolvedSlice resolve(const Slice& op, const Shape& input) {
  const std::size_t n = op.axes.size();
  if (op.begin.size() != n || op.end.size() != n || (!op.step.empty() && op.step.size() != n)) {
    fail_input("axes, begin, end and step must have the same length");
  }
  (void)resolve_axes(op.axes, input.rank());
  ResolvedSlice result{std::vector<std::int64_t>(input.rank(), 0), std::vector<std::int64_t>(input.rank(), 1), input};
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t axis = resolve_axis(op.axes[i], input.rank());
    const std::int64_t size = input[axis];
    const std::int64_t step = op.step.empty() ? 1 : op.step[i];
    if (step < 1) fail_input("step is {}, expected at least 1", step);
    const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size); };
    const std::int64_t begin = place(op.begin[i]);
    const std::int64_t end = place(op.end[i]);
    if (end <= begin) fail_input("slice [{}, {}) of axis {} of {} is empty", op.begin[i], op.end[i], axis, input.str());
    result.begin[axis] = begin;
    result.step[axis] = std::min(step, end - begin);  // no larger than reaches the end: kernels multiply by it
    result.shape[axis] = (end - begin - 1) / step + 1;
  }
  return result;
}

Signature signature(const Slice& op, InputTypes inputs) {
  const ResolvedSlice slice = resolve(op, inputs[0].shape);
  const bool all_rows = slice.shape.rank() == 0 || slice.shape[0] == inputs[0].shape[0];
  if (!all_rows) refuse_bounded(inputs[0], "slice of dimension 0");
  return {{{inputs[0].dtype, slice.shape, inputs[0].bounded}}, {}};
}

Signature signature(const ChannelShuffle& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  if (x.rank() < 2 || op.groups < 1 || x[1] % op.groups != 0) {
    fail_input("groups={} does not divide the channels of {}", op.groups, x.str());
  }
  return {{inputs[0]}, {}};
}

Signature signature(const Reshape& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  Shape out;
  std::optional<std::size_t> inferred;
  for (std::size_t i = 0; i < op.shape.size(); ++i) {
    std::int64_t size = op.shape[i];
    if (size == 0) {
      if (i >= x.rank()) fail_input("shape copies dimension {} of {}", i, x.str());
      size = x[i];
    } else if (size == -1) {
      if (inferred) fail_input("shape has more than one -1");
      inferred = i;
      size = 1;
    } else if (size < 0) {
      fail_input("shape has size {}", size);
    }
    out.push_back(size);
  }
  const std::int64_t have = x.elements();
  const std::int64_t known = out.elements();
  if (inferred && known > 0 && have % known == 0) out[*inferred] = have / known;
  if (out.elements() != have)
    fail_input("cannot reshape {} ({} elements) to {}", x.str(), have, fmt::join(op.shape, "x"));
  // Rows stay what they are where their number is copied or inferred.
  const bool keeps_rows = !op.shape.empty() && op.shape[0] < 1 && out[0] == x[0];
  if (!keeps_rows) refuse_bounded(inputs[0], "reshape of dimension 0");
  return {{{inputs[0].dtype, out, inputs[0].bounded}}, {}};
}

Signature signature(const Transpose& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  if (op.perm.size() != x.rank())
    fail_input("perm has {} entries, the input {} has {} dimensions", op.perm.size(), x.str(), x.rank());
  (void)resolve_axes(op.perm, x.rank());
  Shape out;
  for (const std::int64_t axis : op.perm) out.push_back(x[resolve_axis(axis, x.rank())]);
  if (!op.perm.empty() && resolve_axis(op.perm[0], x.rank()) != 0)
    refuse_bounded(inputs[0], "transpose of dimension 0");
  return {{{inputs[0].dtype, out, inputs[0].bounded}}, {}};
}

Signature signature(const Flatten& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  const std::size_t axis = op.axis == static_cast<std::int64_t>(x.rank()) ? x.rank() : resolve_axis(op.axis, x.rank());
  if (axis != 1) refuse_bounded(inputs[0], "flatten");
  const Shape out{x.elements(0, axis), x.elements(axis, x.rank())};
  return {{{inputs[0].dtype, out, inputs[0].bounded}}, {}};
}

Signature signature(const Squeeze& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  const auto axes = resolve_axes(op.axes, x.rank());
  if (!axes.empty() && axes[0] == 0) refuse_bounded(inputs[0], "squeeze of dimension 0");
  Shape out;
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (!std::ranges::binary_search(axes, i)) out.push_back(x[i]);
    else if (x[i] != 1) fail_input("axis {} of {} is {}, expected 1", i, x.str(), x[i]);
  }
  return {{{inputs[0].dtype, out, inputs[0].bounded}}, {}};
}

Signature signature(const Unsqueeze& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  const std::size_t rank = x.rank() + op.axes.size();
  const auto axes = resolve_axes(op.axes, rank);
  if (!axes.empty() && axes[0] == 0) refuse_bounded(inputs[0], "unsqueeze before dimension 0");
  Shape out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) out.push_back(std::ranges::binary_search(axes, i) ? 1 : x[next++]);
  return {{{inputs[0].dtype, out, inputs[0].bounded}}, {}};
}

Signature signature(const Pad& op, InputTypes inputs) {
  TensorType out = inputs[0];
  const Shape& x = inputs[0].shape;
  const std::size_t padded = op.padding.begin.values.size();
  if (op.padding.mode != Padding::Mode::given || op.padding.end.values.size() != padded || padded > x.rank()) {
    fail_input("padding must be a list of [begin, end], at most one for each of the {} dimensions", x.rank());
  }
  for (std::size_t i = 0; i < padded; ++i) {
    const std::size_t axis = x.rank() - padded + i;
    const std::int64_t begin = op.padding.begin.values[i];
    const std::int64_t end = op.padding.end.values[i];
    if (begin < 0 || end < 0) fail_input("padding [{}, {}] is negative (use slice)", begin, end);
    if (op.mode == PadMode::reflect && std::max(begin, end) >= x[axis]) {
      fail_input("reflect padding [{}, {}] is not smaller than size {}", begin, end, x[axis]);
    }
    if (axis == 0 && (begin > 0 || end > 0)) refuse_bounded(out, "pad of dimension 0");
    out.shape[axis] = checked_add(x[axis], checked_add(begin, end));
  }
  Signature result{{out}, {}};
  if (op.pad_value) {
    if (x.rank() < 2 || padded + 2 > x.rank()) fail_input("pad_value pads spatial dimensions only");
    result.params.push_back({Slot::pad_value, {x[1]}});
  }
  return result;
}

}  // namespace banoff
