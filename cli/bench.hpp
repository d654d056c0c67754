// The parts of banoff bench.
#pragma once

#include <string>
#include <vector>

#include "bench/bench.hpp"
#include "bench/profile/profile.hpp"
#include "cli/options.hpp"

namespace banoff::cli {

struct BenchCommand {
  bench::BenchOptions bench;
  std::vector<Method> methods{all_methods.begin(), all_methods.end()};
  std::vector<std::string> norms{"separate", "fused"};
  std::vector<std::string> tables, merged, stacks;
  std::string stacks_folder = "build/stacks";
  std::string html, shown, svg;
  std::string results = "banoff-results";
  bool fresh = false, markdown = false, json = false;
  bool profile = false;
  bool figure5 = false;
  bench::StepOrder profile_order = bench::StepOrder::time;
  // Given on the command line: these outrank the table's own settings.
  bool own_threads = false, own_batches = false, own_duration = false;
};

/// Named networks, each timed in every way.
int bench_networks(BenchCommand& command);
/// Named networks, the time of each one's kernels.
int profile_networks(BenchCommand& command);
/// Tables, measured or kept from before.
int bench_tables(const BenchCommand& command);
/// Figure 5: accuracy against time saved.
int bench_figure5(const BenchCommand& command);
/// What --json wrote, in another form.
int show_tables(const BenchCommand& command);
/// Results of several machines in one table.
int merge_tables(const BenchCommand& command);

}  // namespace banoff::cli
