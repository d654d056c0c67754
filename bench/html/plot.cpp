#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/html/escape.hpp"
#include "bench/html/page.hpp"

namespace banoff::bench {

namespace {

constexpr double label_width = 210, plot_width = 560, bar_height = 13, group_gap = 12, right = 70, line = 18;
constexpr std::array colours{"#1b6ca8", "#d1622b", "#3d8a4a", "#7b4f9e"};

/// Where values stand on the horizontal axis.
struct Axis {
  double low = 0, high = 0, step = 1;
  [[nodiscard]] double x(double value) const {
    return label_width + (std::clamp(value, low, high) - low) / (high - low) * plot_width;
  }
};

/// 1, 2 or 5 times a power of ten, giving some six ticks.
double step_for(double span) {
  const double power = std::pow(10, std::floor(std::log10(span / 6)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (span / (factor * power) <= 8) return factor * power;
  }
  return 10 * power;
}

Axis axis_of(const BarPlot& plot) {
  Axis axis;
  for (const BarGroup& group : plot.groups) {
    for (const Bar& bar : group.bars) {
      axis.low = std::min({axis.low, bar.value, bar.low});
      axis.high = std::max({axis.high, bar.value, bar.high});
    }
  }
  if (axis.high - axis.low < 1e-9) axis.high = axis.low + 1;
  axis.step = step_for(axis.high - axis.low);
  axis.low = std::floor(axis.low / axis.step) * axis.step;
  axis.high = std::ceil(axis.high / axis.step) * axis.step;
  return axis;
}

std::string text(double x, double y, const char* anchor, const std::string& what, const char* extra = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor, extra,
                     escaped(what));
}

/// Measured series have the colours in turn; the published ones before each are paler, each in its shade.
std::string colour(const BarPlot& plot, std::size_t series) {
  std::size_t measured = 0, shade = 0;
  for (std::size_t s = 0; s < series; ++s) {
    shade = plot.published[s] ? shade + 1 : 0;
    measured += plot.published[s] ? 0U : 1U;
  }
  const double opacity = plot.published[series] ? 0.3 + 0.25 * static_cast<double>(shade) : 1;
  return fmt::format("fill=\"{}\" fill-opacity=\"{:.2f}\"", colours[measured % colours.size()], std::min(opacity, 1.0));
}

std::string draw(const BarPlot& plot, const Bar& bar, const Axis& axis, double y) {
  const double zero = axis.x(0), end = axis.x(bar.value), middle = y + bar_height / 2;
  std::string svg =
      fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" {}/>\n", std::min(zero, end),
                  y + 1, std::abs(end - zero), bar_height - 2, colour(plot, bar.series));
  double reach = std::max(zero, end);
  if (bar.low < bar.high) {
    svg += fmt::format("<path d=\"M{0:.1f} {2:.1f}H{1:.1f}M{0:.1f} {3:.1f}v6M{1:.1f} {3:.1f}v6\" class=\"error\"/>\n",
                       axis.x(bar.low), axis.x(bar.high), middle, middle - 3);
    reach = std::max(reach, axis.x(bar.high));
  }
  return svg + text(reach + 4, middle + 4, "start", fmt::format("{:.4g}", bar.value));
}

std::string draw_axis(const Axis& axis, double top, double height) {
  std::string svg;
  const auto ticks = static_cast<int>(std::lround((axis.high - axis.low) / axis.step));
  for (int i = 0; i <= ticks; ++i) {
    const double value = axis.low + i * axis.step;
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}V{:.1f}\" class=\"{}\"/>\n", axis.x(value), top - 6, height - 6,
                       std::abs(value) < axis.step / 2 ? "zero" : "tick");
    svg += text(axis.x(value), top - 10, "middle", fmt::format("{:g}", value));
  }
  return svg;
}

/// The series' names, in as many lines as they need; `y` becomes where the last line ends.
std::string draw_legend(const BarPlot& plot, double& y) {
  std::string svg;
  double x = 4;
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    const double width = 34 + 6.6 * static_cast<double>(plot.series[s].size());
    if (x > 4 && x + width > label_width + plot_width + right) {
      x = 4;
      y += line;
    }
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" {}/>\n", x, y + 6, colour(plot, s));
    svg += text(x + 16, y + 16, "start", plot.series[s]);
    x += width;
  }
  y += line;
  return svg;
}

}  // namespace

std::string to_svg(const BarPlot& plot) {
  const Axis axis = axis_of(plot);
  std::string bars, section;
  double y = 0;
  const std::string legend = draw_legend(plot, y);
  const double top = y += 28;
  for (const BarGroup& group : plot.groups) {
    if (group.section != section) {
      section = group.section;
      bars += text(4, y + 10, "start", section, " class=\"section\"");
      y += line;
    }
    const double height = bar_height * static_cast<double>(std::max<std::size_t>(group.bars.size(), 1));
    bars += text(label_width - 8, y + height / 2 + 4, "end", group.label);
    double at = y;
    for (const Bar& bar : group.bars) {
      bars += draw(plot, bar, axis, at);
      at += bar_height;
    }
    if (!group.note.empty())
      bars += text(label_width + plot_width, y + height / 2 + 4, "end", group.note, " class=\"missing\"");
    y += height + group_gap;
  }
  return fmt::format(
             "<svg viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\">\n"
             "<title>{2}</title>\n",
             label_width + plot_width + right, y, escaped(fmt::format("{} ({})", plot.title, plot.unit))) +
         legend + draw_axis(axis, top, y) + bars + "</svg>\n";
}

}  // namespace banoff::bench
