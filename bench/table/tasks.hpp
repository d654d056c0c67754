// What a table's run has to measure, and what each measurement depends on.
#pragma once

#include "bench/table/run.hpp"

namespace banoff::bench {

/// A cell that is still to be measured, or was kept.
struct Task {
  Cell* cell = nullptr;
  const Row* row = nullptr;
  BenchOptions bench;
  std::string name;
  nlohmann::json key;
};

/// Cells are asked for by table, network, device or framework, threads and batch.
class Planner {
 public:
  Planner(const TableOptions& options, const MachineInfo& machine);

  /// The table with a cell for everything that is to be measured, all empty.
  [[nodiscard]] TableReport plan(const TableSpec& table) const;
  [[nodiscard]] Task task(const TableSpec& table, const Row& row, Cell& cell) const;

 private:
  [[nodiscard]] std::filesystem::path weights_of(const Row& row) const;
  [[nodiscard]] BenchOptions bench_of(const TableSpec& table, const Row& row, const Cell& cell) const;

  const TableOptions& options_;
  nlohmann::json machine_;
  int processors_ = 1;
  std::uint64_t program_ = 0, stack_programs_ = 0;  ///< hashes
};

[[nodiscard]] nlohmann::json timing_json(bool quick, const Timing& timing);

}  // namespace banoff::bench
