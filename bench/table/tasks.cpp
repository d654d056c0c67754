#include "bench/table/tasks.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/table/networks.hpp"
#include "bench/table/store.hpp"

namespace banoff::bench {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Of the frameworks' programs, and of what is installed in their environment.
std::uint64_t hash_of_stacks(const fs::path& environment) {
  const StackPrograms programs = find_stack_programs(environment);
  std::vector<std::string> parts;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(programs.serve.parent_path(), error)) {
    if (entry.path().extension() == ".py") parts.push_back(std::to_string(hash_of_file(entry.path())));
  }
  for (const auto& python : fs::directory_iterator(environment / "venv/lib", error)) {
    for (const auto& entry : fs::directory_iterator(python.path() / "site-packages", error)) {
      if (entry.path().extension() == ".dist-info") parts.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(parts);
  return hash_of(fmt::format("{}", fmt::join(parts, " ")));
}

template <class T>
std::vector<T> chosen(bool quick, const std::vector<T>& own, const std::vector<T>& table) {
  if (!own.empty()) return own;
  return quick ? std::vector<T>{1} : table;
}

}  // namespace

Json timing_json(bool quick, const Timing& t) {
  if (quick) return {{"quick", true}};
  return {{"warmup_ms", t.warmup_ms}, {"duration_s", t.duration_s}, {"iterations", t.iterations}, {"rounds", t.rounds}};
}

Planner::Planner(const TableOptions& options, const MachineInfo& machine)
    : options_(options), machine_(to_json(machine)), processors_(machine.usable) {
  std::error_code ignored;
  program_ = hash_of_file(fs::read_symlink("/proc/self/exe", ignored));
  if (!options_.stacks.empty()) stack_programs_ = hash_of_stacks(options_.stacks_folder);
}

TableReport Planner::plan(const TableSpec& table) const {
  TableReport report{table, {}};
  report.spec.rows.clear();
  const auto threads = chosen(options_.quick, options_.threads, table.threads);
  const auto batches = chosen(options_.quick, options_.batches, table.batches);
  for (const Row& row : table.rows) {
    RowReport& planned = report.rows.emplace_back(RowReport{row, {}});
    if (!table.timed) {
      planned.cells.emplace_back();
      continue;
    }
    for (const std::int64_t batch : batches) {
      for (const int count : threads) {
        for (const std::string& device : options_.devices) {
          Cell& cell = planned.cells.emplace_back();
          cell.device = device;
          cell.threads = count;
          cell.batch = batch;
        }
        for (const Stack& stack : options_.stacks) {
          Cell& cell = planned.cells.emplace_back();
          cell.device = "cpu";
          cell.stack = stack.name;
          cell.mode = stack.mode;
          cell.threads = count == 0 ? processors_ : count;
          cell.batch = batch;
        }
      }
    }
  }
  return report;
}

BenchOptions Planner::bench_of(const TableSpec& table, const Row& row, const Cell& cell) const {
  BenchOptions bench;
  bench.models = {row.model};
  bench.load.symbols = row.symbols;
  bench.load.shapes = row.shapes;
  bench.load.weights = weights_of(row);
  bench.ways = table_ways();
  bench.fold = options_.fold;
  bench.devices = {cell.device};
  bench.threads = {cell.threads};
  bench.exact_convolutions = options_.exact_convolutions;
  bench.batches = {cell.batch};
  bench.timing = options_.timing;
  bench.timing.duration_s = options_.duration_s.value_or(table.duration_s.value_or(options_.timing.duration_s));
  bench.quick = options_.quick;
  bench.timed = table.timed;
  return bench;
}

Task Planner::task(const TableSpec& table, const Row& row, Cell& cell) const {
  Task task{&cell, &row, bench_of(table, row, cell), row.model.stem().string(), {}};
  Json weights = {{"seed", options_.seed}, {"side", calibrated_side}};
  const fs::path& file = task.bench.load.weights;
  if (!file.empty()) weights = {{"file", file.string()}, {"content", hash_of_file(file)}};
  Json shapes = Json::object();
  for (const auto& [input, shape] : row.shapes) shapes[input] = shape.vec();
  task.key = {{"network", hash_of_file(row.model)},
              {"weights", weights},
              {"symbols", row.symbols},
              {"shapes", shapes},
              {"device", cell.device},
              {"threads", cell.threads},
              {"exact_convolutions", options_.exact_convolutions},
              {"batch", cell.batch},
              {"timed", table.timed},
              {"timing", table.timed ? timing_json(options_.quick, task.bench.timing) : Json()},
              {"objective", std::string(name_of(options_.fold.objective))},
              {"borders", options_.fold.borders},
              {"version", options_.version},
              {"machine", machine_}};
  if (cell.stack.empty()) {
    task.key["program"] = program_;
  } else {
    // banoff makes the files and reads the clock; what runs is the framework's.
    task.name += "-" + cell.stack + "-" + cell.mode;
    task.key["stack"] = {{"name", cell.stack}, {"mode", cell.mode}, {"programs", stack_programs_}};
  }
  return task;
}

/// The file with the row's weights; empty where they are made up.
fs::path Planner::weights_of(const Row& row) const {
  if (!options_.weights.empty()) return options_.weights;
  fs::path beside = row.model;
  beside.replace_extension(".safetensors");
  std::error_code ignored;
  return !options_.made_up && fs::exists(beside, ignored) ? beside : fs::path();
}

}  // namespace banoff::bench
