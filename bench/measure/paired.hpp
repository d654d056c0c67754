// What one of two subjects saves, from blocks that ran beside each other.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "bench/measure/subject.hpp"

namespace banoff::bench {

/// A value and the bounds of its 95 % interval.
struct Estimate {
  double value = 0, low = 0, high = 0;
  [[nodiscard]] double half_width() const { return (high - low) / 2; }
  /// Whether the interval reaches further to each side than the value itself.
  [[nodiscard]] bool is_noise() const { return half_width() > std::abs(value); }
};

/// The centre of a symmetric distribution by Hodges and Lehmann (1963): the median of the means of all pairs of values,
/// each with itself too. The interval is the exact one that inverts Wilcoxon's signed-rank test; with fewer than six
/// values no interval has 95 %, and it is the widest there is. `values` must not be empty.
[[nodiscard]] Estimate hodges_lehmann(std::span<const double> values);

/// (from - to) / from in percent, of the medians pass by pass, as hodges_lehmann() makes one of them. The two must have
/// been timed in the same passes, at least one.
[[nodiscard]] Estimate saved_percent(std::span<const Sample> from, std::span<const Sample> to, Clock clock);

/// Known to a third of itself, or to half a point.
[[nodiscard]] bool is_known(const Estimate& saved);

}  // namespace banoff::bench
