#include "bench/table/measure_stack.hpp"

#include <fmt/format.h>

#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

/// What the framework was asked for and has, with the answers' differences; the others say in `cell.notes` why not.
std::vector<Result> rows_of(Cell& cell, const std::vector<OnnxFile>& files, const StackSession& session) {
  std::vector<Result> rows;
  for (const OnnxFile& each : files) {
    Result row = each.about;
    const std::string method = method_of(row);
    const bool others = folds_itself(cell.stack) && method != "none";
    // What folds by itself has methods of its own, and says why one of them failed.
    if (others && !session.has_or_explains(cell.mode, method)) continue;
    if (row.same_as.empty() || others) {
      const std::string missing = session.missing(cell.mode, method);
      if (!missing.empty()) {
        if (method == "none") fail(ErrorKind::refused, "{}", missing);
        cell.notes.push_back(fmt::format("{} not measured: {}", method, missing));
        continue;
      }
      row.difference = session.difference(cell.mode, method);
      row.same_as.clear();
    }
    if (const auto folded = session.folded(method)) {
      row.bn.folded = folded->first;
      row.bn.total = folded->first + folded->second;
    }
    row.device = "cpu";
    row.threads = cell.threads;
    row.clock = clock_for(row.device, row.threads);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string note_of(const std::vector<std::string>& without) {
  const std::string more = without.size() > 1 ? fmt::format(" and {} more nodes", without.size() - 1) : "";
  return fmt::format("without '{}'{} that have no ONNX form, and what is behind them", without.front(), more);
}

}  // namespace

void StackRunner::start(const Cell& cell, const OnnxFiles& network, const Ears& ears) {
  const std::string wanted =
      fmt::format("{} {} {} {}", cell.stack, cell.threads, cell.batch, network.files.front().file.string());
  if (session_ && running_ == wanted) return;
  if (failed_ == wanted) fail(ErrorKind::refused, "{}", reason_);
  session_.reset();
  ears.say(fmt::format("{}: loading in {}", network.files.front().about.model, cell.stack));
  try {
    session_ = std::make_unique<StackSession>(programs_, StackJob{cell.stack, network, cell.threads, cell.batch},
                                              folder_ / (cell.stack + ".log"));
  } catch (const Error& error) {
    failed_ = wanted;
    reason_ = error.what();
    throw;
  }
  running_ = wanted;
}

void StackRunner::measure(Cell& cell, const OnnxFiles& network, const Timing& timing, bool quick, const Ears& ears) {
  start(cell, network, ears);
  cell.versions = session_->versions();
  if (!network.without.empty()) cell.notes.push_back(note_of(network.without));
  cell.results = rows_of(cell, network.files, *session_);
  std::vector<Subject> subjects;
  std::vector<Result*> timed;
  for (Result& row : cell.results) {
    if (!row.same_as.empty()) continue;
    timed.push_back(&row);
    subjects.push_back(
        {fmt::format("{}/{}", setting_of(cell), method_of(row)),
         [this, mode = cell.mode, method = method_of(row)](int runs) { return session_->run(mode, method, runs); }});
  }
  Log log;
  const Timing budget = quick ? quick_timing(cell.results.front().flops) : timing;
  std::vector<Passes> passes = bench::measure(subjects, budget, clock_for("cpu", cell.threads), log, ears.progress);
  const std::vector<double> percents{90, 95, 99};
  for (std::size_t i = 0; i < timed.size(); ++i) {
    timed[i]->passes = std::move(passes[i]);
    summarize(*timed[i], percents);
  }
  for (Result& row : cell.results) {
    if (row.same_as.empty()) continue;
    const Result* same = timed_row(cell.results, row);
    if (same == nullptr) continue;
    row.passes = same->passes;
    row.difference = same->difference;
    summarize(row, percents);
  }
  for (Result& row : cell.results) row.passes.clear();
}

}  // namespace banoff::bench
