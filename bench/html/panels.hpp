// One network a line, one framework a panel: how Figure 1 is drawn.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/table/quantity.hpp"

namespace banoff::bench {

/// The published panel comes first, then those measured, all on one axis; published values are marked in each.
struct PanelPlot {
  std::string title, unit;
  std::vector<std::string> panels;  ///< their titles
  std::vector<std::string> series;  ///< bars of a network in a panel, from above: naive, BaN-OFF

  struct Line {
    std::string label;
    std::string section;                                         ///< lines of a section stand together
    std::vector<std::optional<double>> published;                ///< by series
    std::vector<std::vector<std::optional<Measured>>> measured;  ///< by panel but the first, and series
  };
  std::vector<Line> lines;
};

/// The table's savings (speedup) by network and framework; without lines where only banoff was measured.
[[nodiscard]] PanelPlot panels_of(const TableReport& table);

[[nodiscard]] std::string to_svg(const PanelPlot& plot);

}  // namespace banoff::bench
