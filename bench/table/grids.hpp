// The grids of a report: what is compared, what folded, what was timed.
#pragma once

#include "bench/table/grid.hpp"
#include "bench/table/quantity.hpp"
#include "bench/table/report.hpp"

namespace banoff::bench {

/// Published beside measured, and their ratio.
[[nodiscard]] Grid comparison_grid(const TableReport& table);
/// Batch norms folded per method, removed parameters by both rules, output differences.
[[nodiscard]] Grid folding_grid(const TableReport& table);
/// Per published column of times: it, banoff and every other framework side by side. Then, how far each framework's
/// folded networks are from its unfolded ones. Nothing where only banoff was measured.
[[nodiscard]] std::vector<Grid> stack_grids(const TableReport& table);
/// How many kernels the plans call and what they move: what no clock is needed for.
[[nodiscard]] Grid work_grid(const TableReport& table);
/// Every timed way with its spread, speed-ups and memory.
[[nodiscard]] Grid timing_grid(const TableReport& table);

/// A column's value in a cell with its interval, "~" where that is wider than the value; why there is none, in short.
[[nodiscard]] std::string measured_text(const Column& column, const Cell& cell);

/// All of a table's grids that have rows.
[[nodiscard]] std::vector<Grid> grids(const TableReport& table);

/// What the data say, in sentences: which methods folded the same, what was not measured, what is lost in the noise.
[[nodiscard]] std::vector<std::string> readings(const TableReport& table);

/// Machine and versions in a line.
[[nodiscard]] std::string machine_line(const Report& report);

[[nodiscard]] std::string to_text(const Report& report);
[[nodiscard]] std::string to_markdown(const Report& report);

/// One column per machine and setting beside the published ones, for the table of this name. Throws bad_input when a
/// report has no such table.
[[nodiscard]] Grid merged_grid(const std::vector<std::pair<std::string, Report>>& reports, const std::string& table);

}  // namespace banoff::bench
