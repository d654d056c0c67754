#include "bench/table/run.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/table/measure_cell.hpp"
#include "bench/table/store.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

bool built_in(const std::string& device) {
  const std::vector<std::string> devices = device_names();
  return std::ranges::find(devices, device) != devices.end();
}

std::string no_device(const std::string& device) {
  if (device.starts_with("gpu")) return fmt::format("no device '{}' here: {}", device, machine().gpu);
  return fmt::format("this build has no device '{}' (built in: {})", device, fmt::join(device_names(), ", "));
}

Json timing_json(bool quick, const Timing& t) {
  if (quick) return {{"quick", true}};
  return {{"warmup_ms", t.warmup_ms},
          {"duration_s", t.duration_s},
          {"iterations", t.iterations},
          {"repetitions", t.repetitions}};
}

/// A cell that is still to be measured, or was kept.
struct Task {
  Cell* cell;
  const Row* row;
  BenchOptions bench;
  std::string name;
  Json key;
};

class Runner {
 public:
  Runner(const TableOptions& options, const Ears& ears)
      : options_(options), ears_(ears), store_(options.results), machine_(to_json(machine())) {
    std::error_code ignored;
    program_ = hash_of_file(fs::read_symlink("/proc/self/exe", ignored));
  }

  Report run() {
    Report report;
    report.version = options_.version;
    report.machine = machine();
    report.options = {{"devices", options_.devices},
                      {"seed", options_.seed},
                      {"timing", timing_json(options_.quick, options_.timing)}};
    for (const TableSpec& table : options_.tables) report.tables.push_back(plan(table));
    std::vector<Task> tasks;
    for (std::size_t t = 0; t < report.tables.size(); ++t) {
      for (RowReport& row : report.tables[t].rows) {
        for (Cell& cell : row.cells) tasks.push_back(task(options_.tables[t], row.row, cell));
      }
    }
    measure_all(tasks);
    return report;
  }

 private:
  TableReport plan(const TableSpec& table) const {
    TableReport report{table, {}};
    report.spec.rows.clear();
    for (const Row& row : table.rows) {
      RowReport& planned = report.rows.emplace_back(RowReport{row, {}});
      if (!table.timed) {
        planned.cells.emplace_back();
        continue;
      }
      const auto threads = options_.quick             ? std::vector{0}
                           : options_.threads.empty() ? table.threads
                                                      : options_.threads;
      const auto batches = options_.quick             ? std::vector<std::int64_t>{1}
                           : options_.batches.empty() ? table.batches
                                                      : options_.batches;
      for (const std::string& device : options_.devices) {
        for (const int count : threads) {
          for (const std::int64_t batch : batches) {
            Cell& cell = planned.cells.emplace_back();
            cell.device = device;
            cell.threads = count;
            cell.batch = batch;
          }
        }
      }
    }
    return report;
  }

  Task task(const TableSpec& table, const Row& row, Cell& cell) const {
    BenchOptions bench;
    bench.models = {row.model};
    bench.load.symbols = row.symbols;
    bench.load.shapes = row.shapes;
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
    Json weights = {{"seed", options_.seed}};
    const fs::path file = weights_of(row);
    if (!file.empty()) weights = {{"file", file.string()}, {"content", hash_of_file(file)}};
    Json shapes = Json::object();
    for (const auto& [input, shape] : row.shapes) shapes[input] = shape.vec();
    Json key{{"network", hash_of_file(row.model)},
             {"weights", weights},
             {"symbols", row.symbols},
             {"shapes", shapes},
             {"device", cell.device},
             {"threads", cell.threads},
             {"exact_convolutions", options_.exact_convolutions},
             {"batch", cell.batch},
             {"timed", table.timed},
             {"timing", table.timed ? timing_json(options_.quick, bench.timing) : Json()},
             {"objective", std::string(name_of(options_.fold.objective))},
             {"borders", options_.fold.borders},
             {"version", options_.version},
             {"program", program_},
             {"machine", machine_}};
    return {&cell, &row, std::move(bench), row.model.stem().string(), std::move(key)};
  }

  /// The file with the row's weights; empty where they are made up.
  [[nodiscard]] fs::path weights_of(const Row& row) const {
    if (!options_.weights.empty()) return options_.weights;
    fs::path beside = row.model;
    beside.replace_extension(".safetensors");
    std::error_code ignored;
    return !options_.made_up && fs::exists(beside, ignored) ? beside : fs::path();
  }

  void measure_all(std::vector<Task>& tasks) {
    std::size_t kept = 0;
    if (!options_.fresh) {
      for (Task& task : tasks) kept += keep_found(task) ? 1U : 0U;
    }
    if (kept > 0)
      ears_.say(fmt::format("{} of {} measurements are kept in {} (--fresh measures again)", kept, tasks.size(),
                            store_.folder().string()));
    todo_ = tasks.size() - kept;
    for (Task& task : tasks) {
      if (task.cell->resumed) continue;
      // Tables share networks: what one of them just measured serves the next.
      const bool measured_now = std::ranges::find(measured_, task.key) != measured_.end();
      if (!measured_now || !keep_found(task)) try_to_measure(task);
      measured_.push_back(task.key);
      ears_.progress(static_cast<double>(++done_) / static_cast<double>(todo_));
    }
  }

  bool keep_found(Task& task) const {
    std::optional<Cell> found = store_.find(task.name, task.key);
    if (found) *task.cell = std::move(*found);
    return found.has_value();
  }

  void try_to_measure(Task& task) {
    Cell& cell = *task.cell;
    try {
      if (!cell.device.empty() && !built_in(cell.device)) fail(ErrorKind::refused, "{}", no_device(cell.device));
      measure(task);
      store_.keep(task.name, task.key, cell);
    } catch (const Error& error) {
      cell.not_measured = error.what();
      cell.exit_code = error.exit_code();
      ears_.say(fmt::format("{}: not measured: {}", task.row->label, error.what()));
    }
  }

  void measure(Task& task) {
    task.bench.load.weights = weights_of(*task.row);
    Cell measured = bench::measure_cell(task.bench, options_.seed, store_.folder(),
                                        {ears_.say, [&](double share) { step(share); }});
    task.cell->results = std::move(measured.results);
    task.cell->load_average = measured.load_average;
  }

  void step(double share) const {
    ears_.progress((static_cast<double>(done_) + 0.95 * share) / static_cast<double>(todo_));
  }

  const TableOptions& options_;
  const Ears& ears_;
  Store store_;
  Json machine_;
  std::uint64_t program_ = 0;
  std::vector<Json> measured_;
  std::size_t done_ = 0, todo_ = 0;
};

}  // namespace

std::vector<Way> table_ways() {
  return {
      {Method::none, Activations::literal, Norms::separate},    {Method::none, Activations::literal, Norms::fused},
      {Method::naive, Activations::literal, Norms::separate},   {Method::banoff, Activations::literal, Norms::separate},
      {Method::optimal, Activations::literal, Norms::separate}, {Method::optimal, Activations::clamp, Norms::separate}};
}

Report run_tables(const TableOptions& options, const Ears& ears) {
  if (std::ranges::none_of(options.devices, built_in))
    fail(ErrorKind::refused, "{}", no_device(options.devices.empty() ? "" : options.devices.front()));
  return Runner(options, ears).run();
}

}  // namespace banoff::bench
