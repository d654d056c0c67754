// banoff and other frameworks side by side.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "bench/stacks/catalogue.hpp"
#include "bench/table/grids.hpp"

namespace banoff::bench {

namespace {

constexpr std::array timed_quantities{"speedup", "gain", "ratio", "saved_ms", "saved_us_per_norm"};

bool is_timed(const Column& column) {
  return std::ranges::find(timed_quantities, column.quantity) != timed_quantities.end();
}

/// banoff's devices by their names, with whose they are.
std::string headed(const std::string& place) {
  const bool framework = std::ranges::any_of(
      stack_names(), [&](const std::string& name) { return place == name || place.starts_with(name + " "); });
  return framework ? place : "banoff, " + place;
}

/// A row's cells of the same threads and batch, by place.
using Line = std::pair<std::string, std::map<std::string, const Cell*>>;

std::vector<Line> lines_of(const RowReport& row) {
  std::vector<Line> lines;
  for (const Cell& cell : row.cells) {
    const std::string sizes = sizes_of(cell);
    auto line = std::ranges::find(lines, sizes, &Line::first);
    if (line == lines.end()) line = lines.insert(lines.end(), {sizes, {}});
    line->second[place_of(cell)] = &cell;
  }
  return lines;
}

Grid grid_of(const TableReport& table, const Column& column, const std::vector<std::string>& places) {
  const std::string_view unit = unit_of(column.quantity);
  Grid grid{fmt::format("{}{}: published, banoff and other frameworks", column.title,
                        unit.empty() ? "" : fmt::format(", {}", unit)),
            {"network", "measured with", "published"},
            {},
            2};
  for (const std::string& place : places) grid.head.push_back(headed(place));
  for (const RowReport& row : table.rows) {
    for (const auto& [sizes, cells] : lines_of(row)) {
      const auto published = row.row.published.find(column.key);
      std::vector<std::string> line{
          row.row.label, sizes,
          published == row.row.published.end() ? "-" : format_quantity(column.quantity, published->second)};
      for (const std::string& place : places)
        line.push_back(cells.contains(place) ? measured_text(column, *cells.at(place)) : "-");
      grid.rows.push_back(std::move(line));
    }
  }
  return grid;
}

/// "4.2e-07", the worst of all methods; with what the framework folded where it did that itself.
std::string answer_text(const Cell& cell) {
  if (!cell.not_measured.empty()) return "not measured";
  double worst = 0;
  std::string counts;
  for (const Result& r : cell.results) {
    if (std::isnan(r.difference.max_relative) || r.difference.max_relative > worst) worst = r.difference.max_relative;
    const bool itself = folds_itself(cell.stack) && r.method != "none";
    if (itself) counts += fmt::format("{}{} {}/{}", counts.empty() ? "" : ", ", r.method, r.bn.folded, r.bn.total);
  }
  const std::string text = std::isnan(worst) ? "other sizes" : fmt::format("{:.1e}", worst);
  return counts.empty() ? text : fmt::format("{} ({})", text, counts);
}

Grid answers_grid(const TableReport& table, const std::vector<std::string>& places) {
  Grid grid{
      "Largest difference of the folded networks' answers from the unfolded one's, relative to the largest output",
      {"network", "measured with"},
      {},
      2};
  for (const std::string& place : places) grid.head.push_back(headed(place));
  for (const RowReport& row : table.rows) {
    for (const auto& [sizes, cells] : lines_of(row)) {
      std::vector<std::string> line{row.row.label, sizes};
      for (const std::string& place : places)
        line.push_back(cells.contains(place) ? answer_text(*cells.at(place)) : "-");
      grid.rows.push_back(std::move(line));
    }
  }
  return grid;
}

}  // namespace

std::vector<Grid> stack_grids(const TableReport& table) {
  std::vector<Grid> grids;
  if (!has_stacks(table)) return grids;
  const std::vector<std::string> places = places_of(table);
  std::vector<const Column*> shown;
  for (const Column& column : table.spec.columns) {
    // Columns of one quantity that differ by the machine they were published of are measured alike here.
    const bool known = std::ranges::any_of(
        shown, [&](const Column* c) { return c->quantity == column.quantity && c->method == column.method; });
    if (!is_timed(column) || known) continue;
    shown.push_back(&column);
    grids.push_back(grid_of(table, column, places));
  }
  grids.push_back(answers_grid(table, places));
  return grids;
}

}  // namespace banoff::bench
