// Piecewise linear activations in another gauge. With stored = s x + h, what was a bound at b is one at s b + h, and
// for s < 0 lower and upper trade places; a kink moves in the same way and its two slopes trade places.
#include <algorithm>
#include <limits>

#include "folding/absorb_activation.hpp"

namespace banoff::gauge {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> spread(const std::vector<double>& values, std::size_t channels) {
  return values.size() == channels ? values : std::vector<double>(channels, values.at(0));
}

/// A bound moved by the channel's map; an absent one (infinite) stays absent. A scale of 0 leaves one value.
double moved(double bound, double scale, double shift) {
  if (scale == 0.0) return shift;
  return std::abs(bound) == infinity ? (scale < 0 ? -bound : bound) : scale * bound + shift;
}

}  // namespace

bool is_plain(const AffineMap& map) {
  return std::ranges::all_of(map.scale, [](double s) { return s > 0.0; }) &&
         std::ranges::all_of(map.shift, [](double h) { return h == 0.0; });
}

Bounds moved(const Bounds& bounds, const AffineMap& map) {
  const std::size_t channels = map.scale.size();
  const std::vector<double> lower = spread(bounds.lower, channels);
  const std::vector<double> upper = spread(bounds.upper, channels);
  Bounds result{std::vector<double>(channels), std::vector<double>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double a = moved(lower[c], map.scale[c], map.shift[c]);
    const double b = moved(upper[c], map.scale[c], map.shift[c]);
    result.lower[c] = std::min(a, b);
    result.upper[c] = std::max(a, b);
  }
  return result;
}

Kinks moved(const Kinks& kinks, const AffineMap& map) {
  const std::size_t channels = map.scale.size();
  Kinks result{spread(kinks.kink, channels), spread(kinks.below, channels), spread(kinks.above, channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    result.kink[c] = map.scale[c] * result.kink[c] + map.shift[c];
    if (map.scale[c] < 0) std::swap(result.below[c], result.above[c]);
  }
  return result;
}

}  // namespace banoff::gauge
