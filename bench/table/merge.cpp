// One table, several machines.
#include <fmt/format.h>

#include <algorithm>

#include "bench/table/grids.hpp"
#include "bench/table/quantity.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

const TableReport& table_of(const std::string& file, const Report& report, const std::string& name) {
  const auto found = std::ranges::find_if(report.tables, [&](const TableReport& t) { return t.spec.name == name; });
  if (found != report.tables.end()) return *found;
  std::vector<std::string> names;
  for (const TableReport& table : report.tables) names.push_back(table.spec.name);
  fail_input("{}: has no table '{}' (it has: {})", file, name, fmt::join(names, ", "));
}

/// A column of measurements: one file's, under one setting, of one of the table's quantities.
struct Source {
  const TableReport* table;
  std::string setting;
  Column column;
};

std::string text_in(const Source& source, const std::string& label) {
  for (const auto& [row, cells] : source.table->rows) {
    if (row.label != label) continue;
    for (const Cell& cell : cells) {
      if (setting_of(cell) != source.setting) continue;
      if (!cell.not_measured.empty()) return "not measured";
      const auto value = measured(source.column, cell);
      if (value)
        return fmt::format("{}{}", format_quantity(source.column.quantity, value->value), value->noisy ? " ~" : "");
    }
  }
  return "-";
}

/// The distinct quantities that a table's columns compare, whatever their device.
std::vector<Column> quantities_of(const TableSpec& spec) {
  std::vector<Column> columns;
  for (const Column& column : spec.columns) {
    const bool known = std::ranges::any_of(
        columns, [&](const Column& c) { return c.quantity == column.quantity && c.method == column.method; });
    if (known) continue;
    columns.push_back(column);
    columns.back().device.clear();
  }
  return columns;
}

std::vector<std::string> settings_of(const TableReport& table) {
  std::vector<std::string> settings;
  for (const RowReport& row : table.rows) {
    for (const Cell& cell : row.cells) {
      const std::string setting = setting_of(cell);
      if (std::ranges::find(settings, setting) == settings.end()) settings.push_back(setting);
    }
  }
  return settings;
}

}  // namespace

Grid merged_grid(const std::vector<std::pair<std::string, Report>>& reports, const std::string& name) {
  const TableReport& first = table_of(reports.front().first, reports.front().second, name);
  Grid grid{fmt::format("{}: {}", first.spec.name, first.spec.title), {"network"}, {}};
  for (const Column& column : first.spec.columns) grid.head.push_back(column.title + " (published)");
  std::vector<Source> sources;
  const std::vector<Column> columns = quantities_of(first.spec);
  for (const auto& [file, report] : reports) {
    const TableReport& table = table_of(file, report, name);
    for (const std::string& setting : settings_of(table)) {
      for (const Column& column : columns) {
        const std::string what = columns.size() > 1 ? column.title + ", " : "";
        grid.head.push_back(fmt::format("{}{}, {}", what, report.machine.cpu, setting));
        sources.push_back({&table, setting, column});
      }
    }
  }
  for (const auto& [row, cells] : first.rows) {
    std::vector<std::string> line{row.label};
    for (const Column& column : first.spec.columns) {
      const auto published = row.published.find(column.key);
      line.push_back(published == row.published.end() ? "-" : format_quantity(column.quantity, published->second));
    }
    for (const Source& source : sources) line.push_back(text_in(source, row.label));
    grid.rows.push_back(std::move(line));
  }
  return grid;
}

}  // namespace banoff::bench
