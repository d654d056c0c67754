#include "bench/bench.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>

#include "bench/candidates.hpp"

namespace banoff::bench {

namespace {

constexpr std::int64_t heavy = 200'000'000'000;

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

std::optional<Estimate> saved_from(const Result* from, const Result& to) {
  return from == nullptr || from == &to ? std::nullopt : saved_percent(*from, to);
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

/// The candidates that are timed beside each other, in turn: a network's on one device. What has its own session, the
/// unfolded network first.
std::vector<std::vector<Candidate*>> groups_of(std::vector<Candidate>& candidates) {
  std::vector<std::vector<Candidate*>> groups;
  const auto same = [](const Result& a, const Result& b) {
    return a.model == b.model && a.device == b.device && a.threads == b.threads && a.batch == b.batch;
  };
  for (Candidate& candidate : candidates) {
    if (!candidate.session) continue;
    auto group = std::ranges::find_if(groups, [&](const auto& g) { return same(g[0]->result, candidate.result); });
    if (group == groups.end()) group = groups.insert(groups.end(), std::vector<Candidate*>{});
    group->push_back(&candidate);
  }
  const auto is_baseline = [](const Candidate* c) { return c->result.method == "none" && c->result.norms != "fused"; };
  for (auto& group : groups) std::stable_partition(group.begin(), group.end(), is_baseline);
  return groups;
}

/// Of a timing that so many processes share.
Timing part_of(Timing timing, int count) {
  timing.duration_s /= count;
  timing.iterations = (timing.iterations + count - 1) / count;
  timing.rounds = std::max((timing.rounds + count - 1) / count, std::min(timing.rounds, 2));
  return timing;
}

void time_group(const std::vector<Candidate*>& group, const BenchOptions& options, Log& log,
                const std::function<void(double)>& progress) {
  std::vector<Subject> subjects;
  for (const Candidate* candidate : group) {
    const Result& r = candidate->result;
    subjects.push_back(subject_of(fmt::format("{}/{}{}/{}/{}/threads:{}/batch:{}", r.model, r.method, r.activations,
                                              r.norms, r.device, r.threads, r.batch),
                                  [session = candidate->session.get()] { session->run(); }));
  }
  const Result& first = group.front()->result;
  Timing timing = options.quick ? quick_timing(first.flops) : options.timing;
  if (options.sitting) timing = part_of(timing, sittings(first.flops));
  auto passes = measure(subjects, timing, first.clock, log, progress);
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i]->result.passes = std::move(passes[i]);
    summarize(group[i]->result, options.percentiles);
  }
}

void time_all(std::vector<Candidate>& candidates, const BenchOptions& options,
              const std::function<void(const std::string&)>& say, const std::function<void(double)>& progress) {
  const auto groups = groups_of(candidates);
  if (groups.empty() || options.timing.rounds == 0) return;
  std::size_t variants = 0, done = 0;
  for (const auto& group : groups) variants += group.size();
  say(fmt::format("timing {} variants", variants));
  Log log;
  for (const auto& group : groups) {
    time_group(group, options, log, [&](double share) {
      if (progress) progress((static_cast<double>(done) + share) / static_cast<double>(groups.size()));
    });
    ++done;
  }
  if (!options.benchmark_json.empty()) log.write(options.benchmark_json);
  for (Candidate& candidate : candidates) {
    Result& row = candidate.result;
    const std::string note = candidate.session ? candidate.session->note() : "";
    if (!note.empty()) say(fmt::format("{} {} on {}: {}", row.model, row.method, row.device, note));
    if (row.same_as.empty()) continue;
    row.passes = timed_row(candidates, row).passes;
    summarize(row, options.percentiles);
  }
}

}  // namespace

int sittings(std::int64_t flops) { return flops > heavy ? 1 : 3; }

Timing quick_timing(std::int64_t flops) {
  if (flops > heavy) return {.warmup_ms = 0, .duration_s = 0, .iterations = 1, .rounds = 3};
  return {.warmup_ms = 100, .duration_s = 2, .iterations = 5, .rounds = 4};
}

std::optional<Estimate> saved_percent(const Result& from, const Result& to) {
  if (from.medians.empty() || from.medians.size() != to.medians.size()) return std::nullopt;
  return saved_percent(from.medians, to.medians, to.clock);
}

void summarize(Result& row, std::span<const double> percents) {
  std::vector<std::vector<double>> wall;
  std::vector<double> cpu;
  row.medians.clear();
  for (const Block& block : row.passes) {
    row.medians.push_back(median_of(block));
    std::vector<double>& times = wall.emplace_back();
    for (const Sample& sample : block) {
      times.push_back(sample.wall_ms);
      cpu.push_back(sample.cpu_ms);
    }
  }
  if (cpu.empty()) return;
  row.summary = summarize(wall, percents);
  std::ranges::sort(cpu);
  row.cpu_median_ms = quantile(cpu, 0.5);
  row.cpu_min_ms = cpu.front();
}

BenchReport run(const BenchOptions& options, const std::function<void(const std::string&)>& say,
                const std::function<void(double)>& progress) {
  BenchReport report;
  if (::getloadavg(&report.load_average, 1) != 1) report.load_average = 0;
  std::vector<Candidate> rows = candidates(options, say);
  time_all(rows, options, say, progress);
  for (Candidate& row : rows) report.results.push_back(std::move(row.result));
  for (Result& row : report.results) {
    row.saved = saved_from(baseline(report.results, row, "separate"), row);
    row.saved_from_fused = saved_from(baseline(report.results, row, "fused"), row);
  }
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) report.peak_rss_kb = usage.ru_maxrss;
  return report;
}

}  // namespace banoff::bench
