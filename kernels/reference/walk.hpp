// Walking a tensor in row-major order while following a second one through strides.
#pragma once

#include <array>

#include "banoff/tensor.hpp"

namespace banoff::reference {

using Strides = std::array<std::int64_t, Shape::max_rank>;

/// Elements to step over for each dimension of a dense tensor.
[[nodiscard]] inline Strides strides_of(const Shape& shape) {
  Strides strides{};
  std::int64_t step = 1;
  for (std::size_t d = shape.rank(); d-- > 0;) {
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

/// Strides that read a tensor of shape `from` along the indices of `to`, which it broadcasts to.
[[nodiscard]] inline Strides broadcast_strides(const Shape& from, const Shape& to) {
  const Strides own = strides_of(from);
  const std::size_t added = to.rank() - from.rank();
  Strides strides{};
  for (std::size_t d = 0; d < from.rank(); ++d) strides[added + d] = from[d] == 1 ? 0 : own[d];
  return strides;
}

/// Calls f(i, offset of a, offset of b) for the i-th index of `shape` in row-major order; an offset is the index times
/// the strides.
template <class F>
void walk2(const Shape& shape, const Strides& a, const Strides& b, F&& f) {
  std::array<std::int64_t, Shape::max_rank> index{};
  std::int64_t at_a = 0, at_b = 0;
  const std::int64_t count = shape.elements();
  for (std::int64_t i = 0; i < count; ++i) {
    f(i, at_a, at_b);
    for (std::size_t d = shape.rank(); d-- > 0;) {
      at_a += a[d], at_b += b[d];
      if (++index[d] < shape[d]) break;
      at_a -= a[d] * shape[d], at_b -= b[d] * shape[d];
      index[d] = 0;
    }
  }
}

/// The same for one tensor: f(i, offset).
template <class F>
void walk(const Shape& shape, const Strides& strides, F&& f) {
  walk2(shape, strides, Strides{}, [&](std::int64_t i, std::int64_t offset, std::int64_t) { f(i, offset); });
}

/// A tensor around one axis: [outer, size, inner].
struct Around {
  std::int64_t outer, size, inner;

  /// Lines along the axis: how many there are, and where each starts.
  [[nodiscard]] std::int64_t lines() const { return outer * inner; }
  [[nodiscard]] std::int64_t start(std::int64_t line) const { return line / inner * size * inner + line % inner; }
};

[[nodiscard]] inline Around around(const Shape& shape, std::size_t axis) {
  return {shape.elements(0, axis), shape[axis], shape.elements(axis + 1, shape.rank())};
}

/// Calls f(c, i) for every element i, c being its index along the axis.
template <class F>
void for_each_along(const Around& a, F&& f) {
  std::int64_t i = 0;
  for (std::int64_t o = 0; o < a.outer; ++o)
    for (std::int64_t c = 0; c < a.size; ++c)
      for (std::int64_t e = 0; e < a.inner; ++e) f(c, i++);
}

}  // namespace banoff::reference
