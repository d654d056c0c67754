// Resizing one plane of numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "banoff/manifest.hpp"

namespace banoff {

/// Row-major [height, width].
struct Plane {
  std::int64_t height = 0, width = 0;
  std::vector<float> values;
};

/// Resizes by sampling at pixel centres. Bilinear widens its triangle by the scale when it shrinks, so that every
/// source pixel counts (what Pillow calls BILINEAR); at the borders the weights inside are normalised.
[[nodiscard]] Plane resample(const Plane& plane, std::int64_t height, std::int64_t width, Interpolation interpolation);

}  // namespace banoff
