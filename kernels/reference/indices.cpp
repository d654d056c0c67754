// Ops that read or write at places known only when they run.
#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/reference/context.hpp"
#include "kernels/reference/numbers.hpp"
#include "kernels/reference/walk.hpp"

namespace banoff::reference {

namespace {

/// An index that may count from the end as a place in [0, size), or -1.
std::int64_t place(std::int64_t index, std::int64_t size) {
  const std::int64_t at = index < 0 ? index + size : index;
  return at >= 0 && at < size ? at : -1;
}

/// Copies `bytes` from x, or zeros where there is no such place.
void copy_or_zero(std::byte* to, const std::byte* x, std::int64_t at, std::size_t bytes) {
  if (at < 0) std::memset(to, 0, bytes);
  else std::memcpy(to, x + static_cast<std::size_t>(at) * bytes, bytes);
}

/// A tensor of indices, of whatever integer type.
struct Indices {
  DType type;
  const std::byte* memory;

  [[nodiscard]] std::int64_t operator[](std::int64_t i) const {
    return visit_dtype(type, [&]<class I>(I index) {
      std::memcpy(&index, memory + static_cast<std::size_t>(i) * sizeof(I), sizeof(I));
      if constexpr (std::is_same_v<I, std::uint64_t>)
        return static_cast<std::int64_t>(std::min<std::uint64_t>(index, std::numeric_limits<std::int64_t>::max()));
      else return cast_element<std::int64_t>(index);
    });
  }
};

/// Which slice of x each row of indices names, slices being the innermost of `x` behind batch and named dimensions.
struct Places {
  std::vector<std::int64_t> sizes;  ///< of the named dimensions
  std::int64_t named, slice, rows_per_batch, slices_per_batch;

  /// The slice that row `row` of `indices` names; -1: none.
  [[nodiscard]] std::int64_t at(const Indices& indices, std::int64_t row) const {
    std::int64_t slice_index = 0;
    for (std::int64_t d = 0; d < named; ++d) {
      const std::int64_t size = sizes[static_cast<std::size_t>(d)];
      const std::int64_t one = place(indices[row * named + d], size);
      if (one < 0) return -1;
      slice_index = slice_index * size + one;
    }
    return row / rows_per_batch * slices_per_batch + slice_index;
  }
};

Places places_of(const Shape& x, const Shape& indices, std::size_t batch_dims) {
  Places places{{}, indices.back(), 1, 1, 1};
  const std::size_t behind = batch_dims + static_cast<std::size_t>(places.named);
  for (std::size_t d = batch_dims; d < behind; ++d) places.sizes.push_back(x[d]);
  places.slice = x.elements(behind, x.rank());
  places.slices_per_batch = x.elements(batch_dims, behind);
  places.rows_per_batch = indices.elements(batch_dims, indices.rank() - 1);
  return places;
}

template <class N>
N reduced(Reduction reduction, N there, N update) {
  switch (reduction) {
    case Reduction::none: return update;
    case Reduction::add: return sum_of(there, update);
    case Reduction::mul: return product_of(there, update);
    case Reduction::max: return larger(there, update);
    case Reduction::min: return smaller(there, update);
  }
  return update;
}

/// Elements of x that indices name along one axis, each at its own place in the other dimensions.
struct AlongAxis {
  Strides others;  ///< of x, 0 along the axis
  std::int64_t step, size;
};

AlongAxis along(const Shape& x, std::int64_t axis) {
  const std::size_t at = resolve_axis(axis, x.rank());
  AlongAxis result{strides_of(x), 0, x[at]};
  std::swap(result.step, result.others[at]);
  return result;
}

}  // namespace

template <class T>
Body reference(const Gather& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  const Around a = around(shape, resolve_axis(op.axis, shape.rank()));
  const std::size_t bytes = static_cast<std::size_t>(a.inner) * size_of(context.inputs[0].dtype);
  return [=, type = context.inputs[1].dtype, count = context.inputs[1].shape.elements()](const KernelArgs& args) {
    const Indices indices{type, args.inputs[1]};
    std::byte* y = args.outputs[0];
    for (std::int64_t o = 0; o < a.outer; ++o) {
      for (std::int64_t i = 0; i < count; ++i, y += bytes) {
        const std::int64_t at = place(indices[i], a.size);
        copy_or_zero(y, args.inputs[0], at < 0 ? -1 : o * a.size + at, bytes);
      }
    }
  };
}
BANOFF_REFERENCE(Gather);

template <class T>
Body reference(const GatherElements& op, Context<T>& context) {
  const AlongAxis x = along(context.inputs[0].shape, op.axis);
  return [=, type = context.inputs[1].dtype, shape = context.outputs[0].shape,
          bytes = size_of(context.inputs[0].dtype)](const KernelArgs& args) {
    const Indices indices{type, args.inputs[1]};
    walk(shape, x.others, [&](std::int64_t i, std::int64_t base) {
      const std::int64_t at = place(indices[i], x.size);
      copy_or_zero(args.outputs[0] + static_cast<std::size_t>(i) * bytes, args.inputs[0],
                   at < 0 ? -1 : base + at * x.step, bytes);
    });
  };
}
BANOFF_REFERENCE(GatherElements);

template <class T>
Body reference(const GatherNd& op, Context<T>& context) {
  const Shape& indices = context.inputs[1].shape;
  const Places places = places_of(context.inputs[0].shape, indices, static_cast<std::size_t>(op.batch_dims));
  const std::size_t bytes = static_cast<std::size_t>(places.slice) * size_of(context.inputs[0].dtype);
  return [=, type = context.inputs[1].dtype, rows = indices.elements(0, indices.rank() - 1)](const KernelArgs& args) {
    for (std::int64_t row = 0; row < rows; ++row) {
      copy_or_zero(args.outputs[0] + static_cast<std::size_t>(row) * bytes, args.inputs[0],
                   places.at({type, args.inputs[1]}, row), bytes);
    }
  };
}
BANOFF_REFERENCE(GatherNd);

template <class T>
Body reference(const ScatterElements& op, Context<T>& context) {
  const AlongAxis x = along(context.inputs[0].shape, op.axis);
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [=, type = context.inputs[1].dtype, reduction = op.reduction, count = context.inputs[0].shape.elements(),
            shape = context.inputs[1].shape](const KernelArgs& args) {
      const Indices indices{type, args.inputs[1]};
      E* y = output<E>(args);
      std::copy_n(input<E>(args, 0), count, y);
      walk(shape, x.others, [&](std::int64_t i, std::int64_t base) {
        const std::int64_t at = place(indices[i], x.size);
        if (at < 0) return;
        E& there = y[base + at * x.step];
        there = cast_element<E>(reduced(reduction, number(there), number(input<E>(args, 2)[i])));
      });
    };
  });
}
BANOFF_REFERENCE(ScatterElements);

template <class T>
Body reference(const ScatterNd& op, Context<T>& context) {
  const Shape& indices = context.inputs[1].shape;
  const Places places = places_of(context.inputs[0].shape, indices, 0);
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [=, type = context.inputs[1].dtype, reduction = op.reduction, count = context.inputs[0].shape.elements(),
            rows = indices.elements(0, indices.rank() - 1)](const KernelArgs& args) {
      E* y = output<E>(args);
      std::copy_n(input<E>(args, 0), count, y);
      for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t at = places.at({type, args.inputs[1]}, row);
        for (std::int64_t i = 0; at >= 0 && i < places.slice; ++i) {
          E& there = y[at * places.slice + i];
          there = cast_element<E>(reduced(reduction, number(there), number(input<E>(args, 2)[row * places.slice + i])));
        }
      }
    };
  });
}
BANOFF_REFERENCE(ScatterNd);

template <class T>
Body reference(const Expand&, Context<T>& context) {
  const Shape shape = context.outputs[0].shape;
  const Strides strides = broadcast_strides(context.inputs[0].shape, shape);
  return [=, bytes = size_of(context.inputs[0].dtype)](const KernelArgs& args) {
    walk(shape, strides, [&](std::int64_t i, std::int64_t at) {
      std::memcpy(args.outputs[0] + static_cast<std::size_t>(i) * bytes,
                  args.inputs[0] + static_cast<std::size_t>(at) * bytes, bytes);
    });
  };
}
BANOFF_REFERENCE(Expand);

}  // namespace banoff::reference
