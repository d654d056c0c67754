// Measuring whole tables.
#pragma once

#include <functional>

#include "bench/stacks/catalogue.hpp"
#include "bench/table/child.hpp"
#include "bench/table/report.hpp"

namespace banoff::bench {

struct TableOptions {
  std::vector<TableSpec> tables;
  std::filesystem::path weights;  ///< for every network; empty: beside the network, else made up
  std::uint64_t seed = 0;         ///< of made-up weights
  bool made_up = false;           ///< always, even where there are weights beside the network
  std::vector<std::string> devices{"cpu"};
  std::vector<int> threads;                              ///< empty: the table's
  std::vector<Stack> stacks;                             ///< other frameworks beside the devices
  std::filesystem::path stacks_folder = "build/stacks";  ///< the environment that has them
  bool exact_convolutions = false;                       ///< of the cpu device: plain sums only
  std::vector<std::int64_t> batches;                     ///< empty: the table's
  std::optional<double> duration_s;                      ///< none: the table's
  Timing timing;
  bool quick = false;  ///< batch 1, one thread, few rounds
  bool fresh = false;  ///< measure again what is kept in `results`
  FoldOptions fold;
  std::filesystem::path results = "banoff-results";
  std::string version;
};

/// Every way of folding that a table measures.
[[nodiscard]] std::vector<Way> table_ways();

/// Measures every cell that is not kept from before, each in a process of its own; keeps each as it is done. A cell
/// that cannot be measured says why and the rest goes on. Throws refused when none of the devices is in this build,
/// or the environment of the other frameworks is missing.
/// `ears.progress` is told the share of the cells done that had to be measured.
[[nodiscard]] Report run_tables(const TableOptions& options, const Ears& ears);

}  // namespace banoff::bench
