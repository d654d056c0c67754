#include "bench/html/panels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/html/svg.hpp"

namespace banoff::bench {

namespace {

constexpr double label_width = 170, panel_width = 128, panel_gap = 26, bar_height = 11, line_gap = 7,
                 section_height = 18;
constexpr std::array colours{"#1b6ca8", "#d1622b", "#3d8a4a"};

double left_of(std::size_t panel) { return label_width + static_cast<double>(panel) * (panel_width + panel_gap); }

std::string_view colour(std::size_t series) { return colours[series % colours.size()]; }

/// From the least to the largest value, but not beyond what lets savings be read.
Axis axis_of(const PanelPlot& plot) {
  constexpr double lowest = -20;
  Axis axis;
  axis.width = panel_width;
  const auto take = [&](double value) {
    axis.low = std::max(std::min(axis.low, value), lowest);
    axis.high = std::max(axis.high, value);
  };
  for (const PanelPlot::Line& line : plot.lines) {
    for (const auto& value : line.published) take(value.value_or(0));
    for (const auto& panel : line.measured) {
      for (const auto& value : panel) take(value ? value->value : 0);
    }
  }
  axis.round();
  axis.step = std::max(axis.step, (axis.high - axis.low) / 4);
  return axis;
}

/// A bar with its number behind it, or behind `reach` where that is further.
std::string bar(const Axis& axis, double value, double reach, double y, std::size_t series, double opacity) {
  const double zero = axis.x(0), end = axis.x(value);
  return fmt::format(
             "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\" fill-opacity=\"{}\"/>\n",
             std::min(zero, end), y + 1, std::max(std::abs(end - zero), 0.5), bar_height - 2, colour(series), opacity) +
         svg_text(std::max({zero, end, axis.x(reach)}) + 3, y + bar_height - 2, "start",
                  fmt::format("{:.0f}", std::round(value) + 0.0), " class=\"small\"");
}

/// Where the published value is, over the measured bar.
std::string mark(const Axis& axis, double value, double y) {
  return fmt::format("<path d=\"M{:.1f} {:.1f}v{:.1f}\" class=\"published\"/>\n", axis.x(value), y, bar_height);
}

std::string draw_line(const PanelPlot& plot, const PanelPlot::Line& line, Axis axis, double top) {
  const double height = bar_height * static_cast<double>(plot.series.size());
  std::string svg = svg_text(label_width - 8, top + height / 2 + 4, "end", line.label);
  for (std::size_t panel = 0; panel < plot.panels.size(); ++panel) {
    axis.left = left_of(panel);
    for (std::size_t s = 0; s < plot.series.size(); ++s) {
      const double y = top + bar_height * static_cast<double>(s);
      const std::optional<double> published = line.published[s];
      if (panel == 0) {
        if (published) svg += bar(axis, *published, *published, y, s, 0.45);
        continue;
      }
      const std::optional<Measured>& value = line.measured[panel - 1][s];
      if (!value) continue;
      svg += bar(axis, value->value, value->high.value_or(value->value), y, s, 1);
      if (value->low)
        svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" class=\"error\"/>\n", axis.x(*value->low),
                           y + bar_height / 2, axis.x(*value->high));
      if (published) svg += mark(axis, *published, y);
    }
    const bool none =
        panel > 0 && std::ranges::none_of(line.measured[panel - 1], [](const auto& v) { return v.has_value(); });
    if (none) svg += svg_text(axis.x(0) + 4, top + height / 2 + 4, "start", "not measured", " class=\"missing\"");
  }
  return svg;
}

std::string draw_legend(const PanelPlot& plot) {
  std::string svg;
  double x = 4;
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"6\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", x, colour(s));
    svg += svg_text(x + 16, 16, "start", plot.series[s]);
    x += 40 + 7 * static_cast<double>(plot.series[s].size());
  }
  svg += fmt::format("<path d=\"M{:.1f} 5v14\" class=\"published\"/>\n", x + 4);
  return svg + svg_text(x + 12, 16, "start", "published, where another was measured");
}

}  // namespace

PanelPlot panels_of(const TableReport& table) {
  PanelPlot plot;
  std::vector<const Column*> columns;
  for (const Column& column : table.spec.columns) {
    if (column.quantity == "speedup" && column.device.empty()) columns.push_back(&column);
  }
  if (columns.empty() || !has_stacks(table)) return plot;
  const std::vector<std::string> places = places_of(table);
  plot.title = table.spec.title;
  plot.unit = unit_of("speedup");
  plot.panels = {"published"};
  for (const std::string& place : places) plot.panels.push_back(place == "cpu" ? "banoff" : place);
  for (const Column* column : columns) plot.series.push_back(column->title);
  for (const RowReport& row : table.rows) {
    PanelPlot::Line line{row.row.label, row.row.group, {}, {}};
    for (const Column* column : columns) {
      const auto published = row.row.published.find(column->key);
      line.published.push_back(published == row.row.published.end() ? std::nullopt : std::optional(published->second));
    }
    for (const std::string& place : places) {
      auto& values = line.measured.emplace_back(columns.size());
      // The first sizes that were measured there: a network's others are in the grids.
      const auto cell = std::ranges::find_if(row.cells, [&](const Cell& c) { return place_of(c) == place; });
      if (cell == row.cells.end()) continue;
      for (std::size_t c = 0; c < columns.size(); ++c) values[c] = measured(*columns[c], *cell);
    }
    plot.lines.push_back(std::move(line));
  }
  return plot;
}

std::string to_svg(const PanelPlot& plot) {
  constexpr double top = 62;
  const Axis axis = axis_of(plot);
  const double height = bar_height * static_cast<double>(plot.series.size()) + line_gap;
  std::string lines, section;
  double y = top;
  for (const PanelPlot::Line& line : plot.lines) {
    if (line.section != section) {
      section = line.section;
      lines += svg_text(4, y + 10, "start", section, " class=\"section\"");
      y += section_height;
    }
    lines += draw_line(plot, line, axis, y);
    y += height;
  }
  std::string axes;
  for (std::size_t panel = 0; panel < plot.panels.size(); ++panel) {
    Axis each = axis;
    each.left = left_of(panel);
    axes += svg_text(each.left, 34, "start", plot.panels[panel], " class=\"section\"") + draw(each, top, y + 6);
  }
  return svg_start(left_of(plot.panels.size()) + 20, y + 4, fmt::format("{} ({})", plot.title, plot.unit)) +
         draw_legend(plot) + axes + lines + "</svg>\n";
}

}  // namespace banoff::bench
