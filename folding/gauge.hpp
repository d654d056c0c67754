// A gauge: the affine map between what a channel of the original network held and what the folded one stores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "folding/fold.hpp"
#include "runtime/graph/half_precision.hpp"

namespace banoff::gauge {

/// An id or a channel as a subscript.
[[nodiscard]] constexpr std::size_t index(std::int64_t id) noexcept { return static_cast<std::size_t>(id); }

/// den * stored = num * original + shift. Written as a relation so that a zero scale has a place in both directions:
/// num = 0 forgets the original (its readers cannot get it back), den = 0 forgets what is stored.
struct Gauge {
  double num = 1;
  double den = 1;
  double shift = 0;

  [[nodiscard]] bool same_scale(const Gauge& other) const noexcept { return num * other.den == other.num * den; }
  [[nodiscard]] bool unit_scale() const noexcept { return num == den; }
  [[nodiscard]] bool identity() const noexcept { return unit_scale() && shift == 0; }
  /// Whether a bound or kink at 0 stays where it is.
  [[nodiscard]] bool keeps_zero() const noexcept { return num > 0 && den > 0 && shift == 0; }
  [[nodiscard]] bool negative() const noexcept { return (num < 0) != (den < 0) && num != 0 && den != 0; }
};

/// y = scale x + shift, one pair per channel.
struct AffineMap {
  std::vector<double> scale;
  std::vector<double> shift;
};

/// A scale below this forgets what it multiplies: what it makes of weights is flushed to zero in float32.
inline constexpr double vanishing = 1e-30;

/// How many times as large as what rounds a value of this type its stored form may be.
[[nodiscard]] constexpr double cancellation_limit(const FoldOptions& options, DType type) noexcept {
  return options.max_cancellation / (is_half(type) ? 4 : 1);
}

/// Thrown, and caught in the folder alone, when a set of gauges has no exact counterpart.
struct Refused {
  Blocker blocker = Blocker::none;
  std::string witness;
  std::vector<std::string> path = {};  ///< nodes on the way to the witness
  std::string details = {};            ///< the numbers, or what went wrong
};

}  // namespace banoff::gauge
