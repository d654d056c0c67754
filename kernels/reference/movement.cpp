// Ops that only move elements, whatever their type.
#include <cstring>
#include <span>

#include "kernels/reference/context.hpp"
#include "kernels/reference/walk.hpp"
#include "runtime/core/convert.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::reference {

namespace {

/// The output's bytes are the input's.
Body copy(const TensorType& type) {
  const std::size_t bytes = static_cast<std::size_t>(type.shape.elements()) * size_of(type.dtype);
  return [bytes](const KernelArgs& args) { std::memmove(args.outputs[0], args.inputs[0], bytes); };
}

/// Element i of a tensor of shape `shape` is the input's element `base` plus the index times `strides`.
Body gather(DType type, const Shape& shape, const Strides& strides, std::int64_t base) {
  return [=, size = static_cast<std::int64_t>(size_of(type))](const KernelArgs& args) {
    walk(shape, strides, [&](std::int64_t i, std::int64_t at) {
      std::memcpy(args.outputs[0] + i * size, args.inputs[0] + (base + at) * size, static_cast<std::size_t>(size));
    });
  };
}

/// Parts that lie one after the other along an axis, in bytes: part p takes length[p] of each of `outer` runs.
struct Parts {
  std::int64_t outer = 0;
  std::vector<std::size_t> lengths;
};

Parts parts_along(std::span<const TensorType> types, std::int64_t axis) {
  const std::size_t along = resolve_axis(axis, types[0].shape.rank());
  Parts parts{around(types[0].shape, along).outer, {}};
  for (const TensorType& type : types) {
    const Around a = around(type.shape, along);
    parts.lengths.push_back(static_cast<std::size_t>(a.size * a.inner) * size_of(type.dtype));
  }
  return parts;
}

}  // namespace

template <class T>
Body reference(const Concat& op, Context<T>& context) {
  return [parts = parts_along(context.inputs, op.axis)](const KernelArgs& args) {
    std::byte* out = args.outputs[0];
    for (std::int64_t o = 0; o < parts.outer; ++o) {
      for (std::size_t p = 0; p < parts.lengths.size(); ++p) {
        const std::size_t length = parts.lengths[p];
        std::memcpy(out, args.inputs[p] + static_cast<std::size_t>(o) * length, length);
        out += length;
      }
    }
  };
}
BANOFF_REFERENCE(Concat);

template <class T>
Body reference(const Split& op, Context<T>& context) {
  return [parts = parts_along(context.outputs, op.axis)](const KernelArgs& args) {
    const std::byte* in = args.inputs[0];
    for (std::int64_t o = 0; o < parts.outer; ++o) {
      for (std::size_t p = 0; p < parts.lengths.size(); ++p) {
        const std::size_t length = parts.lengths[p];
        std::memcpy(args.outputs[p] + static_cast<std::size_t>(o) * length, in, length);
        in += length;
      }
    }
  };
}
BANOFF_REFERENCE(Split);

template <class T>
Body reference(const Slice& op, Context<T>& context) {
  const ResolvedSlice slice = resolve(op, context.inputs[0].shape);
  Strides strides = strides_of(context.inputs[0].shape);
  std::int64_t base = 0;
  for (std::size_t d = 0; d < slice.begin.size(); ++d) {
    base += slice.begin[d] * strides[d];
    strides[d] *= slice.step[d];
  }
  return gather(context.inputs[0].dtype, slice.shape, strides, base);
}
BANOFF_REFERENCE(Slice);

template <class T>
Body reference(const Transpose& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  const Strides from = strides_of(shape);
  Strides strides{};
  for (std::size_t d = 0; d < shape.rank(); ++d) strides[d] = from[resolve_axis(op.perm[d], shape.rank())];
  return gather(context.inputs[0].dtype, context.outputs[0].shape, strides, 0);
}
BANOFF_REFERENCE(Transpose);

/// Channels seen as [groups, C / groups] are transposed to [C / groups, groups].
template <class T>
Body reference(const ChannelShuffle& op, Context<T>& context) {
  const Around a = around(context.inputs[0].shape, 1);
  const std::int64_t each = a.size / op.groups;
  const Strides strides{a.size * a.inner, a.inner, each * a.inner, 1};
  return gather(context.inputs[0].dtype, {a.outer, each, op.groups, a.inner}, strides, 0);
}
BANOFF_REFERENCE(ChannelShuffle);

template <class T>
Body reference(const Reshape&, Context<T>& context) {
  return copy(context.outputs[0]);
}
BANOFF_REFERENCE(Reshape);

template <class T>
Body reference(const Flatten&, Context<T>& context) {
  return copy(context.outputs[0]);
}
BANOFF_REFERENCE(Flatten);

template <class T>
Body reference(const Squeeze&, Context<T>& context) {
  return copy(context.outputs[0]);
}
BANOFF_REFERENCE(Squeeze);

template <class T>
Body reference(const Unsqueeze&, Context<T>& context) {
  return copy(context.outputs[0]);
}
BANOFF_REFERENCE(Unsqueeze);

template <class T>
Body reference(const Identity&, Context<T>& context) {
  return copy(context.outputs[0]);
}
BANOFF_REFERENCE(Identity);

template <class T>
Body reference(const Opaque& op, Context<T>&) {
  fail_input("{} cannot be run: {}", op.foreign->op, op.foreign->reason);
}
BANOFF_REFERENCE(Opaque);

template <class T>
Body reference(const Constant&, Context<T>& context) {
  const Tensor value = context.graph.param(context.node, Slot::value)->as(context.outputs[0].dtype);
  return [value](const KernelArgs& args) { std::memcpy(args.outputs[0], value.data(), value.bytes()); };
}
BANOFF_REFERENCE(Constant);

/// Floats are held as T whatever they are stored as; a cast rounds all the same to the type it names.
template <class T>
T rounded(T x, DType type) {
  switch (type) {
    case DType::f16: return cast_element<T>(cast_element<f16>(x));
    case DType::bf16: return cast_element<T>(cast_element<bf16>(x));
    case DType::f32: return cast_element<T>(cast_element<float>(x));
    default: return x;
  }
}

template <class T>
Body reference(const Cast& op, Context<T>& context) {
  const DType from = context.inputs[0].dtype, to = context.outputs[0].dtype;
  const auto count = static_cast<std::size_t>(context.inputs[0].shape.elements());
  return [=, named = op.to](const KernelArgs& args) {
    convert_elements(from, args.inputs[0], to, args.outputs[0], count);
    if (to != dtype_of<T> || named == to) return;
    for (T& x : std::span(output<T>(args), count)) x = rounded(x, named);
  };
}
BANOFF_REFERENCE(Cast);

}  // namespace banoff::reference
