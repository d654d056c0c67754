#include "bench/bench.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <memory>

namespace banoff::bench {

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// A row and the session that its runs use.
struct Candidate {
  Result result;
  std::unique_ptr<Session> session;
};

class Bench {
 public:
  Bench(const BenchOptions& options, const std::function<void(const std::string&)>& say)
      : options_(options), say_(say) {}

  std::vector<Candidate> candidates() {
    for (const auto& file : options_.models) {
      for (const std::int64_t batch : options_.batches) add_model(file, batch);
    }
    return std::move(candidates_);
  }

 private:
  void add_model(const std::filesystem::path& file, std::int64_t batch) {
    LoadOptions load = options_.load;
    load.symbols.try_emplace("N", batch);
    const auto start = Clock::now();
    const Model model = Model::load(file, load);
    const double load_ms = since(start);
    for (const Method method : options_.methods) {
      say_(fmt::format("{}: folding ({})", model.name(), name_of(method)));
      const auto begin = Clock::now();
      FoldOptions fold = options_.fold;
      fold.method = method;
      fold.self_check = false;  // `fold` and `verify` check; here its time would be counted as folding
      const auto [folded, report] = model.fold(fold);
      Result row;
      row.model = model.name();
      row.method = name_of(method);
      row.batch = batch;
      row.norms_total = report.norms.size();
      row.norms_folded = report.folded();
      row.load_ms = load_ms;
      row.fold_ms = since(begin);
      add_variants(folded, row);
    }
  }

  void add_variants(const Model& model, const Result& row) {
    for (const std::string& device : options_.devices) {
      for (const int threads : options_.threads) {
        for (const Norms norms : options_.norms) {
          const bool none_left = row.norms_folded == row.norms_total;
          if (none_left && norms != options_.norms.front()) continue;  // nothing to fuse: the same network again
          Result variant = row;
          variant.device = device;
          variant.norms = none_left ? "-" : norms == Norms::fused ? "fused" : "separate";
          add_candidate(model, {device, threads, norms == Norms::fused}, std::move(variant));
        }
      }
    }
  }

  void add_candidate(const Model& model, const DeviceOptions& device, Result row) {
    const CompiledModel compiled = CompiledModel::compile(model, device);
    row.threads = compiled.info().threads;
    row.compile_ms = compiled.info().compile_ms;
    row.arena_bytes = compiled.info().arena_bytes;
    row.weight_bytes = compiled.info().weight_bytes;
    auto session = std::make_unique<Session>(compiled);
    const auto start = Clock::now();
    (void)session->run(model.random_inputs(1));
    row.first_run_ms = since(start);
    candidates_.push_back({std::move(row), std::move(session)});
  }

  const BenchOptions& options_;
  const std::function<void(const std::string&)>& say_;
  std::vector<Candidate> candidates_;
};

/// The unfolded row measured under the same circumstances, or null.
const Result* baseline(const std::vector<Result>& results, const Result& row, std::string_view norms) {
  for (const Result& other : results) {
    if (other.method == "none" && (other.norms == norms || other.norms == "-") && other.model == row.model &&
        other.device == row.device && other.threads == row.threads && other.batch == row.batch) {
      return &other;
    }
  }
  return nullptr;
}

double percent_saved(const Result* from, const Result& to) {
  return from == nullptr ? 0 : (from->summary.median - to.summary.median) / from->summary.median * 100;
}

}  // namespace

BenchReport run(const BenchOptions& options, const std::function<void(const std::string&)>& say,
                const std::function<void(double)>& progress) {
  BenchReport report;
  report.machine = machine();
  if (::getloadavg(&report.load_average, 1) != 1) report.load_average = 0;
  std::vector<Candidate> candidates = Bench(options, say).candidates();
  std::vector<Subject> subjects;
  for (const Candidate& candidate : candidates) {
    const Result& r = candidate.result;
    subjects.push_back(
        {fmt::format("{}/{}/{}/{}/threads:{}/batch:{}", r.model, r.method, r.norms, r.device, r.threads, r.batch),
         [session = candidate.session.get()] { session->run(); }});
  }
  say(fmt::format("timing {} variants", subjects.size()));
  const auto samples = measure(subjects, options.timing, options.benchmark_json, progress);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    candidates[i].result.samples_ms = samples[i];
    candidates[i].result.summary = summarize(samples[i], options.percentiles);
    report.results.push_back(std::move(candidates[i].result));
  }
  for (Result& row : report.results) {
    row.speedup_percent = percent_saved(baseline(report.results, row, "separate"), row);
    row.speedup_fused_percent = percent_saved(baseline(report.results, row, "fused"), row);
  }
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) report.peak_rss_kb = usage.ru_maxrss;
  return report;
}

}  // namespace banoff::bench
