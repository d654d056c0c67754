// Piecewise linear activations in another gauge (docs/folding.md).
#pragma once

#include <cmath>
#include <vector>

#include "folding/gauge.hpp"

namespace banoff::gauge {

/// min(max(x, lower), upper), per channel or one for all; infinite where there is no bound.
struct Bounds {
  std::vector<double> lower, upper;
};

/// kink + (x - kink) * (x < kink ? below : above), per channel or one for all.
struct Kinks {
  std::vector<double> kink, below, above;
};

/// Whether an activation whose only kink is at 0 stays what it is: scales positive, no shift.
[[nodiscard]] bool is_plain(const AffineMap& map);
/// The activation on stored values, stored = scale x + shift per channel.
[[nodiscard]] Bounds moved(const Bounds& bounds, const AffineMap& map);
[[nodiscard]] Kinks moved(const Kinks& kinks, const AffineMap& map);

}  // namespace banoff::gauge
