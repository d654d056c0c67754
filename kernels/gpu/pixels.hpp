// Sizes as the ints that kernels count with.
#pragma once

#include <limits>

#include "kernels/gpu/jobs/windowed.hpp"
#include "kernels/region.hpp"

namespace banoff::gpu {

/// Throws Refused for what does not fit.
[[nodiscard]] inline int as_int(std::int64_t v) {
  if (v > std::numeric_limits<int>::max() || v < std::numeric_limits<int>::min())
    throw Refused{"more than 2^31 elements"};
  return static_cast<int>(v);
}

/// A value of rank 3 to 5 and the one of the same channels that is made of it, both in `layout`.
[[nodiscard]] Pixels pixels_of(const Shape& in, const Shape& out, Layout layout);

}  // namespace banoff::gpu
