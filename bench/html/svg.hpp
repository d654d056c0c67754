// What the plots are drawn with.
#pragma once

#include <string>

namespace banoff::bench {

/// A horizontal axis with ticks at round numbers.
struct Axis {
  double left = 0, width = 0;  ///< where it stands in the picture
  double low = 0, high = 0;    ///< the values at its ends
  double step = 1;             ///< from tick to tick

  /// Moves the ends outwards to ticks, some six of them.
  void round();
  /// Where a value stands; those beyond the ends stand there.
  [[nodiscard]] double x(double value) const;
};

/// Ticks and their numbers, above and behind what lies between `top` and `bottom`.
[[nodiscard]] std::string draw(const Axis& axis, double top, double bottom);

/// A line of text, escaped; `extra` are further attributes, with a space before each.
[[nodiscard]] std::string svg_text(double x, double y, const char* anchor, const std::string& what,
                                   const std::string& extra = "");

/// The opening of a picture of this size, with what it shows in words.
[[nodiscard]] std::string svg_start(double width, double height, const std::string& title);

}  // namespace banoff::bench
