// Where the elements of a value lie, as ints.
#pragma once

#include <limits>

#include "kernels/cpu/region.hpp"
#include "kernels/gpu/jobs/windowed.hpp"

namespace banoff::gpu {

using cpu::Refused;

/// Throws Refused for what does not fit.
[[nodiscard]] inline int as_int(std::int64_t v) {
  if (v > std::numeric_limits<int>::max() || v < std::numeric_limits<int>::min())
    throw Refused{"more than 2^31 elements"};
  return static_cast<int>(v);
}

/// The axes of a shape as they lie in memory, outermost first.
[[nodiscard]] std::vector<std::size_t> memory_order(std::size_t rank, Layout layout);
/// Elements between neighbours along each axis.
[[nodiscard]] std::vector<std::int64_t> strides_of(const Shape& shape, Layout layout);
/// Whether a value has its elements in the same places in both layouts.
[[nodiscard]] bool same_order(const Shape& shape, Layout a, Layout b);
/// A value of rank 3 to 5 and the one of the same channels that is made of it, both in `layout`.
[[nodiscard]] Pixels pixels_of(const Shape& in, const Shape& out, Layout layout);

}  // namespace banoff::gpu
