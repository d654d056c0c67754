#include "bench/table/run.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/table/here.hpp"
#include "bench/table/measure_cell.hpp"
#include "bench/table/measure_stack.hpp"
#include "bench/table/networks.hpp"
#include "bench/table/store.hpp"
#include "bench/table/tasks.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

using Json = nlohmann::json;

bool is_usable(const Here& here, const std::string& device) {
  return std::ranges::find(here.usable, device) != here.usable.end();
}

std::string no_device(const Here& here, const std::string& device) {
  const std::string names = fmt::format("{}", fmt::join(here.names, ", "));
  if (device.starts_with("gpu")) return fmt::format("no device '{}' here: {} ({})", device, here.machine.gpu, names);
  return fmt::format("this build has no device '{}' (built in: {})", device, names);
}

class Runner {
 public:
  Runner(const TableOptions& options, const Here& here, const Ears& ears)
      : options_(options), here_(here), ears_(ears), store_(options.results), planner_(options, here.machine) {
    if (!options.stacks.empty()) stacks_.emplace(find_stack_programs(options.stacks_folder), store_.folder());
  }

  Report run() {
    Report report;
    report.version = options_.version;
    report.machine = here_.machine;
    report.options = {{"devices", options_.devices},
                      {"seed", options_.seed},
                      {"timing", timing_json(options_.quick, options_.timing)}};
    for (const TableSpec& table : options_.tables) report.tables.push_back(planner_.plan(table));
    std::vector<Task> tasks;
    for (std::size_t t = 0; t < report.tables.size(); ++t) {
      for (RowReport& row : report.tables[t].rows) {
        for (Cell& cell : row.cells) tasks.push_back(planner_.task(options_.tables[t], row.row, cell));
      }
    }
    measure_all(tasks);
    return report;
  }

 private:
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
      // Tables share networks: what was just measured for one of them, or could not be, serves the next.
      const auto done = std::ranges::find(done_now_, task.key, [](const auto& pair) { return pair.first; });
      if (done != done_now_.end()) *task.cell = done->second;
      else try_to_measure(task), done_now_.emplace_back(task.key, *task.cell);
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
    const auto missing = [&](const std::string& reason, int exit_code) {
      cell.results.clear();
      cell.not_measured = reason;
      cell.exit_code = exit_code;
      ears_.say(fmt::format("{} ({}): not measured: {}", task.row->label, setting_of(cell), reason));
    };
    try {
      if (!cell.device.empty() && cell.stack.empty() && !is_usable(here_, cell.device))
        fail(ErrorKind::refused, "{}", no_device(here_, cell.device));
      measure(task);
      store_.keep(task.name, task.key, cell);
    } catch (const Error& error) {
      missing(error.what(), error.exit_code());
    } catch (const nlohmann::json::exception& error) {
      missing(fmt::format("an answer of {} that is none: {}", place_of(cell), error.what()), 4);
    }
  }

  void measure(Task& task) {
    NetworkFiles& files = files_for(task);
    const Ears ears{ears_.say, [this](double share) { step(share); }};
    Cell& cell = *task.cell;
    if (!cell.stack.empty()) {
      stacks_->measure(cell, files.onnx(ears), task.bench.timing, task.bench.quick, ears);
      return;
    }
    if (stacks_) stacks_->let_go();
    BenchOptions bench = task.bench;
    files.prepare(bench, ears);
    Cell measured = measure_cell(bench, ears);
    for (Result& row : measured.results) row.model = files.network().stem().string();
    cell.results = std::move(measured.results);
    cell.load_average = measured.load_average;
  }

  /// The files of the task's network; those of the one before go.
  NetworkFiles& files_for(const Task& task) {
    const Json& key = task.key;
    const Json about{key["network"], key["weights"], key["symbols"], key["shapes"], key["batch"]};
    if (!files_ || files_about_ != about) {
      files_.reset();
      if (stacks_) stacks_->let_go();
      files_ = std::make_unique<NetworkFiles>(task.bench, options_.seed, store_.folder());
      files_about_ = about;
    }
    return *files_;
  }

  void step(double share) const {
    ears_.progress((static_cast<double>(done_) + 0.95 * share) / static_cast<double>(todo_));
  }

  const TableOptions& options_;
  const Here& here_;
  const Ears& ears_;
  Store store_;
  Planner planner_;
  std::unique_ptr<NetworkFiles> files_;
  Json files_about_;
  std::optional<StackRunner> stacks_;
  std::vector<std::pair<Json, Cell>> done_now_;
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
  const Here here = ask_here(options.devices);
  if (here.usable.empty())
    fail(ErrorKind::refused, "{}", no_device(here, options.devices.empty() ? "" : options.devices.front()));
  return Runner(options, here, ears).run();
}

}  // namespace banoff::bench
