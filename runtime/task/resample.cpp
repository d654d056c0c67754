#include "runtime/task/resample.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/checked.hpp"

namespace banoff {
namespace {

/// The source samples one output sample is made of.
struct Taps {
  std::int64_t first = 0;
  std::vector<double> weights;
};

std::vector<Taps> nearest_taps(std::int64_t from, std::int64_t to) {
  std::vector<Taps> taps(static_cast<std::size_t>(to));
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const auto at = static_cast<std::int64_t>((static_cast<double>(i) + 0.5) * scale);
    taps[i] = {std::min(at, from - 1), {1.0}};
  }
  return taps;
}

std::vector<Taps> triangle_taps(std::int64_t from, std::int64_t to) {
  std::vector<Taps> taps(static_cast<std::size_t>(to));
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double radius = std::max(scale, 1.0);
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(std::floor(centre - radius + 0.5)), 0);
    const auto last = std::min(static_cast<std::int64_t>(std::floor(centre + radius + 0.5)), from);
    taps[i].first = first;
    double sum = 0;
    for (std::int64_t s = first; s < last; ++s) {
      const double distance = std::abs(static_cast<double>(s) + 0.5 - centre) / radius;
      taps[i].weights.push_back(std::max(0.0, 1.0 - distance));
      sum += taps[i].weights.back();
    }
    for (double& weight : taps[i].weights) weight /= sum;
  }
  return taps;
}

std::vector<Taps> make_taps(std::int64_t from, std::int64_t to, Interpolation interpolation) {
  return interpolation == Interpolation::nearest ? nearest_taps(from, to) : triangle_taps(from, to);
}

/// Resizes the rows of a plane and turns it: [h, w] -> [width, h], so that two calls resize both ways.
Plane resample_rows(const Plane& plane, std::int64_t width, Interpolation interpolation) {
  const std::vector<Taps> taps = make_taps(plane.width, width, interpolation);
  Plane turned{width, plane.height, std::vector<float>(static_cast<std::size_t>(checked_mul(width, plane.height)))};
  for (std::int64_t y = 0; y < plane.height; ++y) {
    const float* row = plane.values.data() + y * plane.width;
    for (std::int64_t x = 0; x < width; ++x) {
      const Taps& tap = taps[static_cast<std::size_t>(x)];
      double sum = 0;
      for (std::size_t k = 0; k < tap.weights.size(); ++k) {
        sum += tap.weights[k] * static_cast<double>(row[tap.first + static_cast<std::int64_t>(k)]);
      }
      turned.values[static_cast<std::size_t>(x * plane.height + y)] = static_cast<float>(sum);
    }
  }
  return turned;
}

}  // namespace

Plane resample(const Plane& plane, std::int64_t height, std::int64_t width, Interpolation interpolation) {
  if (height == plane.height && width == plane.width) return plane;
  return resample_rows(resample_rows(plane, width, interpolation), height, interpolation);
}

}  // namespace banoff
