#include "bench/html/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/html/escape.hpp"

namespace banoff::bench {

namespace {

/// 1, 2 or 5 times a power of ten, giving some six ticks.
double step_for(double span) {
  const double power = std::pow(10, std::floor(std::log10(span / 6)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (span / (factor * power) <= 8) return factor * power;
  }
  return 10 * power;
}

}  // namespace

void Axis::round() {
  if (high - low < 1e-9) high = low + 1;
  step = step_for(high - low);
  low = std::floor(low / step) * step;
  high = std::ceil(high / step) * step;
}

double Axis::x(double value) const { return left + (std::clamp(value, low, high) - low) / (high - low) * width; }

std::string draw(const Axis& axis, double top, double bottom) {
  std::string svg;
  const auto ticks = static_cast<int>(std::lround((axis.high - axis.low) / axis.step));
  for (int i = 0; i <= ticks; ++i) {
    const double value = axis.low + i * axis.step;
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}V{:.1f}\" class=\"{}\"/>\n", axis.x(value), top - 6, bottom - 6,
                       std::abs(value) < axis.step / 2 ? "zero" : "tick");
    svg += svg_text(axis.x(value), top - 10, "middle", fmt::format("{:g}", value));
  }
  return svg;
}

std::string svg_text(double x, double y, const char* anchor, const std::string& what, const std::string& extra) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, extra,
                     escaped(what));
}

std::string svg_start(double width, double height, const std::string& title) {
  return fmt::format(
      "<svg viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title>\n",
      width, height, escaped(title));
}

}  // namespace banoff::bench
