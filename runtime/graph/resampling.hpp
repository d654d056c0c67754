// Where a resized image looks into its source, for every device.
#pragma once

#include <algorithm>
#include <cmath>

#include "runtime/graph/ops.hpp"

namespace banoff {

/// The input coordinate of output index `o` along spatial dimension `spatial`, of sizes `in` and `out`. A given scale
/// is used as it is, even where in * scale is not a whole number, as PyTorch and ONNX do; with a given size the ratio
/// of the sizes is used. The division comes last, so that coordinates that are whole numbers come out exactly.
[[nodiscard]] inline double source_coordinate(const Resize& op, std::size_t spatial, std::int64_t o, std::int64_t in,
                                              std::int64_t out) {
  const auto index = static_cast<double>(o);
  const bool scaled = !op.scale.empty();
  const double up = scaled ? 1.0 : static_cast<double>(in);
  const double down = scaled ? op.scale[op.scale.size() == 1 ? 0 : spatial] : static_cast<double>(out);
  switch (op.coordinates) {
    case Coordinates::half_pixel: return (index + 0.5) * up / down - 0.5;
    case Coordinates::align_corners:
      return out == 1 ? 0.0 : index * static_cast<double>(in - 1) / static_cast<double>(out - 1);
    case Coordinates::asymmetric: return index * up / down;
  }
  return index;
}

[[nodiscard]] inline double rounded(double x, Rounding rounding) {
  switch (rounding) {
    case Rounding::floor: return std::floor(x);
    case Rounding::ceil: return std::ceil(x);
    case Rounding::round_prefer_floor: return std::ceil(x - 0.5);
    case Rounding::round_prefer_ceil: return std::floor(x + 0.5);
  }
  return x;
}

/// The nearest input index, by the op's rounding.
[[nodiscard]] inline std::int64_t nearest_source(const Resize& op, std::size_t spatial, std::int64_t o, std::int64_t in,
                                                 std::int64_t out) {
  const double x = rounded(source_coordinate(op, spatial, o, in, out), op.rounding);
  return static_cast<std::int64_t>(std::clamp(x, 0.0, static_cast<double>(in - 1)));
}

/// Between two neighbouring inputs: (1 - t) x[low] + t x[high].
struct Between {
  std::int64_t low, high;
  double t;
};
[[nodiscard]] inline Between linear_source(const Resize& op, std::size_t spatial, std::int64_t o, std::int64_t in,
                                           std::int64_t out) {
  const double x = std::clamp(source_coordinate(op, spatial, o, in, out), 0.0, static_cast<double>(in - 1));
  const auto low = static_cast<std::int64_t>(x);
  return {low, std::min(low + 1, in - 1), x - static_cast<double>(low)};
}

}  // namespace banoff
