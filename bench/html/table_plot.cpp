// Which numbers of a table are drawn.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/html/page.hpp"
#include "bench/table/quantity.hpp"

namespace banoff::bench {

namespace {

constexpr std::array drawn{"speedup", "ratio"};  // quantities that share an axis from 0

bool same_series(const Column& a, const Column& b) {
  return a.method == b.method && a.quantity == b.quantity && a.device == b.device;
}

}  // namespace

BarPlot plot_of(const TableReport& table) {
  BarPlot plot;
  plot.title = table.spec.title;
  std::vector<const Column*> columns;
  for (const Column& column : table.spec.columns) {
    const bool can = std::ranges::find(drawn, column.quantity) != drawn.end();
    if (!can || (!columns.empty() && columns.front()->quantity != column.quantity)) continue;
    columns.push_back(&column);
  }
  if (columns.empty()) return plot;
  plot.unit = unit_of(columns.front()->quantity);
  // A measured series stands behind the published ones that it is to be compared with.
  std::vector<std::size_t> measured_series(columns.size());
  std::vector<std::size_t> published_series(columns.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    published_series[c] = plot.series.size();
    plot.series.push_back(columns[c]->title + ", published");
    plot.published.push_back(true);
    const bool last = std::none_of(columns.begin() + static_cast<std::ptrdiff_t>(c) + 1, columns.end(),
                                   [&](const Column* other) { return same_series(*other, *columns[c]); });
    if (!last) continue;
    measured_series[c] = plot.series.size();
    const std::string where = columns[c]->device.empty() ? "" : columns[c]->device + " ";
    plot.series.push_back(fmt::format("{}, {}measured", way_of(columns[c]->method), where));
    plot.published.push_back(false);
  }
  for (const auto& [row, cells] : table.rows) {
    for (const Cell& cell : cells) {
      BarGroup group{row.label, row.group, {}, {}};
      if (cells.size() > 1) group.label += ", " + setting_of(cell);
      if (!cell.not_measured.empty()) group.note = "not measured";
      for (std::size_t c = 0; c < columns.size(); ++c) {
        const auto published = row.published.find(columns[c]->key);
        if (published != row.published.end()) group.bars.push_back({published->second, 0, 0, published_series[c]});
        if (measured_series[c] == 0) continue;
        if (const auto value = measured(*columns[c], cell))
          group.bars.push_back({value->value, value->low.value_or(0), value->high.value_or(0), measured_series[c]});
      }
      plot.groups.push_back(std::move(group));
    }
  }
  return plot;
}

}  // namespace banoff::bench
