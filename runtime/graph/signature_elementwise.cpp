// Shape rules of elementwise ops, poolings, reductions and resizing.
#include <cmath>

#include "runtime/core/checked.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/axes.hpp"
#include "runtime/graph/bounded.hpp"

namespace banoff {

Signature signature(const Activation&, InputTypes inputs) { return {{inputs[0]}, {}}; }

Signature signature(const Identity&, InputTypes inputs) { return {{inputs[0]}, {}}; }

Signature signature(const Cast& op, InputTypes inputs) { return {{{op.to, inputs[0].shape, inputs[0].bounded}}, {}}; }

Signature signature(const Softmax& op, InputTypes inputs) {
  if (resolve_axis(op.axis, inputs[0].shape.rank()) == 0) refuse_bounded(inputs[0], "softmax over dimension 0");
  return {{inputs[0]}, {}};
}

Signature signature(const Clamp& op, InputTypes inputs) {
  if (!op.lower && !op.upper) fail_input("neither lower nor upper is true, expected at least one bound");
  const Shape along{inputs[0].shape[resolve_axis(op.axis, inputs[0].shape.rank())]};
  Signature result{{inputs[0]}, {}};
  if (op.lower) result.params.push_back({Slot::lower, along});
  if (op.upper) result.params.push_back({Slot::upper, along});
  return result;
}

Signature signature(const Kinked& op, InputTypes inputs) {
  const Shape along{inputs[0].shape[resolve_axis(op.axis, inputs[0].shape.rank())]};
  return {{inputs[0]}, {{Slot::kink, along}, {Slot::below, along}, {Slot::above, along}}};
}

Shape broadcast(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.rank(), b.rank());
  Shape out;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t p = i + a.rank() < rank ? 1 : a[i + a.rank() - rank];
    const std::int64_t q = i + b.rank() < rank ? 1 : b[i + b.rank() - rank];
    if (p != q && p != 1 && q != 1) fail_input("shapes {} and {} do not broadcast", a.str(), b.str());
    out.push_back(p == 1 ? q : p);
  }
  return out;
}

Signature signature(const Binary& op, InputTypes inputs) {
  if (op.kind != BinaryKind::add && inputs.size() > 2) fail_input("{} inputs, expected 2", inputs.size());
  TensorType out = inputs[0];
  for (const TensorType& other : inputs.subspan(1)) {
    if (other.dtype != out.dtype)
      fail_input("inputs are {} and {}, expected one type", name_of(out.dtype), name_of(other.dtype));
    out.shape = broadcast(out.shape, other.shape);
    out.bounded = out.bounded || other.bounded;
  }
  return {{out}, {}};
}

/// The maximum of nothing, and its mean without the padding, are not defined (ONNX's implementations differ): refused.
Signature signature(const Pool& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  if (x.rank() < 3) fail_input("input {} has no spatial dimension", x.str());
  Shape out{x[0], x[1]};
  const bool padding_counts = op.kind == PoolKind::avg && op.count_include_pad;
  for (const Window& w : windows(op, x)) {
    if (!padding_counts && has_empty_window(w)) {
      fail_input("windows of {} with dilation {} and padding {} + {} on {}: some would read nothing but padding",
                 w.kernel, w.dilation, w.pad_begin, w.pad_end, w.input);
    }
    out.push_back(w.output);
  }
  return {{{inputs[0].dtype, out, inputs[0].bounded}}, {}};
}

Signature signature(const GlobalPool&, InputTypes inputs) {
  TensorType out = inputs[0];
  if (out.shape.rank() < 3) fail_input("input {} has no spatial dimension", out.str());
  for (std::size_t i = 2; i < out.shape.rank(); ++i) out.shape[i] = 1;
  return {{out}, {}};
}

Signature signature(const AdaptiveAvgPool& op, InputTypes inputs) {
  TensorType out = inputs[0];
  const std::size_t rank = out.shape.rank();
  if (rank < 3) fail_input("input {} has no spatial dimension", out.str());
  if (!op.size.fits(rank - 2)) fail_input("{} sizes for {} spatial dimensions", op.size.values.size(), rank - 2);
  for (std::size_t i = 2; i < rank; ++i) {
    const std::int64_t size = op.size.at(i - 2);
    if (size < 1 || size >= std::int64_t{1} << 31) fail_input("pooled to size {}", size);
    out.shape[i] = size;
  }
  return {{out}, {}};
}

namespace {

/// The shape of x with the spatial sizes of another map.
Shape spatial_like(const Resize& op, const Shape& x, const TensorType& other) {
  if (!op.scale.empty() || !op.size.empty()) fail_input("neither scale nor size may be given with a second input");
  if (other.shape.rank() != x.rank()) fail_input("{} cannot be resized like {}", x.str(), other.str());
  Shape out = x;
  for (std::size_t d = 2; d < x.rank(); ++d) out[d] = other.shape[d];
  return out;
}

}  // namespace

Signature signature(const Resize& op, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  if (x.rank() < 3) fail_input("input {} has no spatial dimension", x.str());
  const std::size_t spatial = x.rank() - 2;
  if (inputs.size() == 2) return {{{inputs[0].dtype, spatial_like(op, x, inputs[1]), inputs[0].bounded}}, {}};
  if (op.scale.empty() == op.size.empty()) fail_input("exactly one of scale and size must be given, or a second input");
  const std::size_t given = op.scale.empty() ? op.size.size() : op.scale.size();
  if (given != 1 && given != spatial) fail_input("{} values given for {} spatial dimensions", given, spatial);
  Shape out{x[0], x[1]};
  for (std::size_t i = 0; i < spatial; ++i) {
    const std::size_t k = given == 1 ? 0 : i;
    if (!op.size.empty()) {
      out.push_back(op.size[k]);
    } else {
      const double scaled = std::floor(static_cast<double>(x[i + 2]) * op.scale[k]);
      if (!(op.scale[k] > 0) || !(scaled < 0x1p31)) fail_input("scale {} of size {}", op.scale[k], x[i + 2]);
      out.push_back(static_cast<std::int64_t>(scaled));
    }
    if (out.back() < 1) fail_input("resized to {}", out.str());
  }
  return {{{inputs[0].dtype, out, inputs[0].bounded}}, {}};
}

Signature signature(const Lrn& op, InputTypes inputs) {
  if (inputs[0].shape.rank() < 2) fail_input("input {} has no channels", inputs[0].str());
  if (op.size < 1) fail_input("size is {}, expected at least 1", op.size);
  return {{inputs[0]}, {}};
}

}  // namespace banoff
