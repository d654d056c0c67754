// What was measured of tables, on one machine.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/bench.hpp"
#include "bench/table/spec.hpp"

namespace banoff::bench {

/// One network on one device with so many threads and at one batch size: every way of folding, measured in turns.
struct Cell {
  std::string device;
  std::string stack, mode;  ///< of another framework (Stack); empty: banoff itself
  int threads = 0;          ///< as asked: 0 is as many as the process may use
  std::int64_t batch = 1;
  std::vector<Result> results;
  double load_average = 0;         ///< of the machine when measuring began: others at work
  std::string versions;            ///< of the other framework
  std::vector<std::string> notes;  ///< what of the network was not measured there, and why
  std::string not_measured;        ///< why there are no results
  int exit_code = 0;               ///< what that failure is to a command line
  bool resumed = false;            ///< kept from an earlier run
};

struct RowReport {
  Row row;
  std::vector<Cell> cells;
};

struct TableReport {
  TableSpec spec;  ///< without its rows
  std::vector<RowReport> rows;
};

struct Report {
  std::string version;
  MachineInfo machine;
  nlohmann::json options;
  std::vector<TableReport> tables;
};

/// banoff's device or the other framework: "cpu", "keras graph".
[[nodiscard]] std::string place_of(const Cell& cell);
/// All of them, in the order in which cells have them.
[[nodiscard]] std::vector<std::string> places_of(const TableReport& table);
/// Whether anything was asked of another framework.
[[nodiscard]] bool has_stacks(const TableReport& table);
/// The row whose measurement this row's is, or null where it is its own.
[[nodiscard]] const Result* timed_row(const std::vector<Result>& rows, const Result& row);
/// "1 thread, batch 1".
[[nodiscard]] std::string sizes_of(const Cell& cell);
/// Names the measurement: "cpu, 2 threads, batch 1", "keras graph, 1 thread, batch 1".
[[nodiscard]] std::string setting_of(const Cell& cell);
[[nodiscard]] std::string way_of(Method method);
/// "optimal with clamps": the method and its activations in words.
[[nodiscard]] std::string way_of(const Result& result);
/// The row of this method with norms of their own and literal activations, or null.
[[nodiscard]] const Result* find_result(const Cell& cell, Method method);
/// The unfolded row whose norms share their activation's pass, or null.
[[nodiscard]] const Result* fused_baseline(const Cell& cell);

[[nodiscard]] nlohmann::json to_json(const Cell& cell);
[[nodiscard]] nlohmann::json to_json(const Report& report);
[[nodiscard]] Cell cell_from_json(const nlohmann::json& json);  ///< throws nlohmann's exceptions
/// What `banoff bench --table --json` printed. Throws bad_input naming the file.
[[nodiscard]] Report read_report(const std::filesystem::path& file);

}  // namespace banoff::bench
