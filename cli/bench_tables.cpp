#include <fmt/format.h>

#include "banoff/file.hpp"
#include "bench/html/page.hpp"
#include "bench/table/grids.hpp"
#include "bench/table/run.hpp"
#include "cli/bench.hpp"
#include "cli/progress.hpp"

namespace banoff::cli {

namespace {

std::vector<bench::TableSpec> read_tables(const std::vector<std::string>& names) {
  std::vector<bench::TableSpec> tables;
  const auto folders = bench::table_folders();
  for (const std::string& name : names) {
    for (const auto& file : bench::find_tables(name, folders)) {
      const bool known = std::ranges::any_of(tables, [&](const auto& table) { return table.file == file; });
      if (!known) tables.push_back(bench::read_table(file));
    }
  }
  return tables;
}

bench::TableOptions options_of(const BenchCommand& command) {
  const bench::BenchOptions& b = command.bench;
  bench::TableOptions options;
  options.tables = read_tables(command.tables);
  options.weights = b.load.weights;
  options.made_up = b.load.random_seed.has_value();
  options.seed = b.load.random_seed.value_or(0);
  options.devices = b.devices;
  for (const std::string& name : command.stacks) {
    for (const bench::Stack& stack : bench::modes_of(name)) {
      if (std::ranges::find(options.stacks, stack) == options.stacks.end()) options.stacks.push_back(stack);
    }
  }
  options.stacks_folder = command.stacks_folder;
  if (command.own_threads) options.threads = b.threads;
  options.exact_convolutions = b.exact_convolutions;
  if (command.own_batches) options.batches = b.batches;
  if (command.own_duration) options.duration_s = b.timing.duration_s;
  options.timing = b.timing;
  options.quick = b.quick;
  options.fresh = command.fresh;
  options.fold = b.fold;
  options.results = command.results;
  options.version = BANOFF_VERSION;
  return options;
}

/// 0, or the exit code of the first cell that could not be measured.
int exit_code(const bench::Report& report) {
  for (const bench::TableReport& table : report.tables) {
    for (const bench::RowReport& row : table.rows) {
      for (const bench::Cell& cell : row.cells) {
        if (cell.exit_code != 0) return cell.exit_code;
      }
    }
  }
  return 0;
}

void print(const BenchCommand& command, const bench::Report& report) {
  if (!command.html.empty()) write_file_atomically(command.html, bench::to_html(report));
  if (command.json) print_json(bench::to_json(report));
  else if (command.markdown) fmt::print("{}", bench::to_markdown(report));
  else fmt::print("{}", bench::to_text(report));
}

}  // namespace

int bench_tables(const BenchCommand& command) {
  const bench::TableOptions options = options_of(command);
  bench::Report report;
  {
    Progress progress("measuring", 1000);
    const bench::Ears ears{[&](const std::string& what) { progress.say(what); },
                           [&](double share) { progress.set_share(share); }};
    report = bench::run_tables(options, ears);
  }
  print(command, report);
  return exit_code(report);
}

int show_tables(const BenchCommand& command) {
  print(command, bench::read_report(command.shown));
  return 0;
}

int merge_tables(const BenchCommand& command) {
  std::vector<std::pair<std::string, bench::Report>> reports;
  for (const std::string& file : command.merged) reports.emplace_back(file, bench::read_report(file));
  const auto tables = command.tables.empty() ? std::vector<std::string>{"4"} : command.tables;
  for (const std::string& table : tables) {
    const bool number = table.find_first_not_of("0123456789") == std::string::npos;
    const bench::Grid grid = bench::merged_grid(reports, number ? "table" + table : table);
    fmt::print("{}", command.markdown ? to_markdown(grid) : to_text(grid));
  }
  return 0;
}

}  // namespace banoff::cli
