#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/html/escape.hpp"
#include "bench/html/page.hpp"
#include "bench/html/svg.hpp"

namespace banoff::bench {

namespace {

constexpr double label_width = 210, plot_width = 560, bar_height = 13, group_gap = 12, right = 70, line = 18;
constexpr std::array colours{"#1b6ca8", "#d1622b", "#3d8a4a", "#7b4f9e"};

Axis axis_of(const BarPlot& plot) {
  Axis axis{label_width, plot_width};
  for (const BarGroup& group : plot.groups) {
    for (const Bar& bar : group.bars) {
      axis.low = std::min({axis.low, bar.value, bar.low});
      axis.high = std::max({axis.high, bar.value, bar.high});
    }
  }
  axis.round();
  return axis;
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
  return svg + svg_text(reach + 4, middle + 4, "start", fmt::format("{:.4g}", bar.value));
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
    svg += svg_text(x + 16, y + 16, "start", plot.series[s]);
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
      bars += svg_text(4, y + 10, "start", section, " class=\"section\"");
      y += line;
    }
    const double height = bar_height * static_cast<double>(std::max<std::size_t>(group.bars.size(), 1));
    bars += svg_text(label_width - 8, y + height / 2 + 4, "end", group.label);
    double at = y;
    for (const Bar& bar : group.bars) {
      bars += draw(plot, bar, axis, at);
      at += bar_height;
    }
    if (!group.note.empty())
      bars += svg_text(label_width + plot_width, y + height / 2 + 4, "end", group.note, " class=\"missing\"");
    y += height + group_gap;
  }
  return svg_start(label_width + plot_width + right, y, fmt::format("{} ({})", plot.title, plot.unit)) + legend +
         draw(axis, top, y) + bars + "</svg>\n";
}

}  // namespace banoff::bench
