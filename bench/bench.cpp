#include "bench/bench.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>

#include "bench/candidates.hpp"

namespace banoff::bench {

namespace {

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

/// The row that was timed in this one's place.
const Result& timed_row(const std::vector<Candidate>& candidates, const Result& row) {
  const auto found = std::ranges::find_if(candidates, [&](const Candidate& other) {
    const Result& r = other.result;
    return other.session && r.method == row.same_as && r.norms == row.norms && r.model == row.model &&
           r.batch == row.batch && r.device == row.device && r.threads == row.threads;
  });
  return found->result;
}

void time_all(std::vector<Candidate>& candidates, const BenchOptions& options,
              const std::function<void(const std::string&)>& say, const std::function<void(double)>& progress) {
  std::vector<Subject> subjects;
  std::vector<Result*> rows;
  std::int64_t flops = 0;
  for (Candidate& candidate : candidates) {
    if (!candidate.session) continue;
    Result& r = candidate.result;
    flops = std::max(flops, r.flops);
    rows.push_back(&r);
    subjects.push_back({fmt::format("{}/{}{}/{}/{}/threads:{}/batch:{}", r.model, r.method, r.activations, r.norms,
                                    r.device, r.threads, r.batch),
                        [session = candidate.session.get()] { session->run(); }});
  }
  if (subjects.empty() || options.timing.repetitions == 0) return;
  say(fmt::format("timing {} variants", subjects.size()));
  const Timing timing = options.quick ? quick_timing(flops) : options.timing;
  auto samples = measure(subjects, timing, options.benchmark_json, progress);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i]->samples_ms = std::move(samples[i]);
    rows[i]->summary = summarize(rows[i]->samples_ms, options.percentiles);
  }
  for (Candidate& candidate : candidates) {
    Result& row = candidate.result;
    if (row.same_as.empty()) continue;
    const Result& timed = timed_row(candidates, row);
    row.samples_ms = timed.samples_ms;
    row.summary = timed.summary;
  }
}

}  // namespace

Timing quick_timing(std::int64_t flops) {
  constexpr std::int64_t heavy = 200'000'000'000;
  if (flops > heavy) return {.warmup_ms = 0, .duration_s = 0, .iterations = 3, .repetitions = 3};
  return {.warmup_ms = 100, .duration_s = 1, .iterations = 5, .repetitions = 5};
}

double percent_saved(const Result* from, const Result& to) {
  if (from == nullptr || from->summary.median == 0) return 0;
  return (from->summary.median - to.summary.median) / from->summary.median * 100;
}

BenchReport run(const BenchOptions& options, const std::function<void(const std::string&)>& say,
                const std::function<void(double)>& progress) {
  BenchReport report;
  report.machine = machine();
  if (::getloadavg(&report.load_average, 1) != 1) report.load_average = 0;
  std::vector<Candidate> rows = candidates(options, say);
  time_all(rows, options, say, progress);
  for (Candidate& row : rows) report.results.push_back(std::move(row.result));
  for (Result& row : report.results) {
    row.speedup_percent = percent_saved(baseline(report.results, row, "separate"), row);
    row.speedup_fused_percent = percent_saved(baseline(report.results, row, "fused"), row);
  }
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) report.peak_rss_kb = usage.ru_maxrss;
  return report;
}

}  // namespace banoff::bench
