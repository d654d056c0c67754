#include "bench/table/grids.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/table/quantity.hpp"

namespace banoff::bench {

namespace {

const std::string nothing = "-";

std::string with_unit(const std::string& title, const Column& column) {
  const std::string_view unit = unit_of(column.quantity);
  return unit.empty() ? title : fmt::format("{}, {}", title, unit);
}

std::string ratio_text(const Column& column, const Row& row, const Cell& cell) {
  const auto published = row.published.find(column.key);
  const auto value = measured(column, cell);
  if (published == row.published.end() || !value || published->second == 0) return nothing;
  return fmt::format("{:.2f}", value->value / published->second);
}

std::string scientific(double value) { return std::isnan(value) ? "other sizes" : fmt::format("{:.1e}", value); }

std::string folded_count(const Result* result) {
  return result == nullptr ? nothing : std::to_string(result->bn.folded);
}

/// How many norms fold with clamps, of which how many with one.
std::string clamp_count(const Cell& cell) {
  const auto found = std::ranges::find(cell.results, "clamp", &Result::activations);
  if (found == cell.results.end()) return "same";
  return fmt::format("{} ({})", found->bn.folded, found->bn.with_clamp);
}

double percent(std::int64_t before, std::int64_t after) {
  return before == 0 ? 0 : 100 * static_cast<double>(before - after) / static_cast<double>(before);
}

std::string effect_text(const Result* from, const Result& to) {
  if (from == nullptr || from == &to) return nothing;
  const auto e = saved_percent(*from, to);
  if (!e) return nothing;
  return fmt::format("{:+.2f} [{:+.2f}, {:+.2f}]{}", e->value, e->low, e->high, e->is_noise() ? " ~" : "");
}

std::string megabytes(double bytes) { return fmt::format("{:.1f}", bytes / 1e6); }

}  // namespace

std::string measured_text(const Column& column, const Cell& cell) {
  if (!cell.not_measured.empty()) return "not measured";
  const auto value = measured(column, cell);
  if (!value) return column.device.empty() || column.device == cell.device ? nothing : "not measured";
  std::string text = format_quantity(column.quantity, value->value);
  if (value->low)
    text += fmt::format(" ±{}", format_quantity(column.quantity == "gain" ? "speedup" : column.quantity,
                                                (*value->high - *value->low) / 2));
  return text + (value->noisy ? " ~" : "");
}

Grid comparison_grid(const TableReport& table) {
  Grid grid{"Published and measured", {"network", "measured on"}, {}};
  for (const Column& column : table.spec.columns) {
    grid.head.push_back(
        with_unit(column.title + " published" + (column.device.empty() ? "" : " (" + column.device + ")"), column));
    grid.head.push_back("measured");
    grid.head.push_back("ratio");
  }
  for (const auto& [row, cells] : table.rows) {
    for (const Cell& cell : cells) {
      if (!cell.stack.empty()) continue;
      std::vector<std::string> line{row.label, setting_of(cell)};
      for (const Column& column : table.spec.columns) {
        const auto published = row.published.find(column.key);
        line.push_back(published == row.published.end() ? nothing
                                                        : format_quantity(column.quantity, published->second));
        line.push_back(measured_text(column, cell));
        line.push_back(ratio_text(column, row, cell));
      }
      grid.rows.push_back(std::move(line));
    }
  }
  return grid;
}

Grid folding_grid(const TableReport& table) {
  Grid grid{
      "Batch norms folded and parameters removed",
      {"network", "norms", "naive", "BaN-OFF", "optimal", "with clamps (of them clamped)", "paper's % removed",
       "parameters before", "after BaN-OFF", "% removed", "mean |difference|", "max |difference|", "max relative"},
      {}};
  for (const auto& [row, cells] : table.rows) {
    for (const Cell& cell : cells) {
      const Result* banoff = find_result(cell, Method::banoff);
      if (banoff == nullptr || !cell.stack.empty()) continue;
      const Folding& f = banoff->bn;
      std::vector<std::string> line{row.label,
                                    std::to_string(f.total),
                                    folded_count(find_result(cell, Method::naive)),
                                    folded_count(banoff),
                                    folded_count(find_result(cell, Method::optimal)),
                                    clamp_count(cell),
                                    fmt::format("{:.3f}", f.norm_percent),
                                    std::to_string(f.parameters_before),
                                    std::to_string(f.parameters_after),
                                    fmt::format("{:.3f}", percent(f.parameters_before, f.parameters_after))};
      Difference worst;
      for (const Result& r : cell.results) {
        if (std::isnan(r.difference.max_abs) || r.difference.max_relative > worst.max_relative) worst = r.difference;
      }
      for (const double value : {worst.mean_abs, worst.max_abs, worst.max_relative})
        line.push_back(cell.device.empty() ? nothing : scientific(value));
      grid.rows.push_back(std::move(line));
    }
  }
  return grid;
}

Grid work_grid(const TableReport& table) {
  Grid grid{"Kernels called and megabytes read and written, by the plan",
            {"network", "measured on", "norms in passes of their own", "fused norms", "naive", "BaN-OFF", "optimal"},
            {}};
  const auto text = [](const Result* r) {
    return r == nullptr ? nothing : fmt::format("{}, {:.2f}", r->kernels, 1e-6 * static_cast<double>(r->bytes_moved));
  };
  for (const auto& [row, cells] : table.rows) {
    for (const Cell& cell : cells) {
      const Result* none = find_result(cell, Method::none);
      if (none == nullptr || none->kernels == 0) continue;
      grid.rows.push_back({row.label, setting_of(cell), text(none), text(fused_baseline(cell)),
                           text(find_result(cell, Method::naive)), text(find_result(cell, Method::banoff)),
                           text(find_result(cell, Method::optimal))});
    }
  }
  return grid;
}

Grid timing_grid(const TableReport& table) {
  Grid grid{"Times and memory",
            {"network", "measured on", "method", "median ms", "least ms", "cpu median ms", "cpu least ms", "cv %",
             "passes", "saved %", "saved % vs fused norms", "load ms", "fold ms", "compile ms", "arena MB",
             "weights MB", "peak RSS MB"},
            {}};
  const auto of_banoff = [](const Cell& cell, std::string text) { return cell.stack.empty() ? text : nothing; };
  for (const auto& [row, cells] : table.rows) {
    for (const Cell& cell : cells) {
      for (const Result& r : cell.results) {
        const Summary& s = r.summary;
        if (s.median == 0) continue;
        grid.rows.push_back(
            {row.label, setting_of(cell), way_of(r) + (r.same_as.empty() ? "" : " = " + r.same_as),
             fmt::format("{:.4g}", s.median), fmt::format("{:.4g}", s.min), fmt::format("{:.4g}", r.cpu_median_ms),
             fmt::format("{:.4g}", r.cpu_min_ms), fmt::format("{:.1f}", 100 * s.cv), std::to_string(r.medians.size()),
             effect_text(find_result(cell, Method::none), r), effect_text(fused_baseline(cell), r),
             of_banoff(cell, fmt::format("{:.0f}", r.load_ms)), of_banoff(cell, fmt::format("{:.0f}", r.fold_ms)),
             of_banoff(cell, fmt::format("{:.0f}", r.compile_ms)),
             of_banoff(cell, megabytes(static_cast<double>(r.arena_bytes))),
             of_banoff(cell, megabytes(static_cast<double>(r.weight_bytes))),
             r.peak_rss_kb > 0 ? of_banoff(cell, megabytes(static_cast<double>(r.peak_rss_kb) * 1024)) : nothing});
      }
    }
  }
  return grid;
}

std::vector<Grid> grids(const TableReport& table) {
  std::vector<Grid> all{comparison_grid(table)};
  for (Grid& grid : stack_grids(table)) all.push_back(std::move(grid));
  for (const Grid& grid : {folding_grid(table), work_grid(table), timing_grid(table)}) all.push_back(grid);
  std::erase_if(all, [](const Grid& grid) { return grid.rows.empty(); });
  return all;
}

}  // namespace banoff::bench
