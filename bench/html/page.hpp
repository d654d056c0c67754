// A report as one HTML file that needs nothing else.
#pragma once

#include <string>
#include <vector>

#include "bench/table/report.hpp"

namespace banoff::bench {

[[nodiscard]] std::string to_html(const Report& report);

/// A group of bars at one label of a plot.
struct Bar {
  double value = 0;
  double low = 0, high = 0;  ///< of the error bar; equal: none
  std::size_t series = 0;
};
struct BarGroup {
  std::string label, section;  ///< a new section's name is written above its first group
  std::vector<Bar> bars;
  std::string note;  ///< written where bars are missing
};
struct BarPlot {
  std::string title, unit;
  std::vector<std::string> series;
  std::vector<bool> published;  ///< by series: drawn pale
  std::vector<BarGroup> groups;
};

/// Horizontal bars as an inline SVG, labels escaped.
[[nodiscard]] std::string to_svg(const BarPlot& plot);

/// A table's timed columns, measured and published; no groups where it has none.
[[nodiscard]] BarPlot plot_of(const TableReport& table);

}  // namespace banoff::bench
