#include "bench/measure.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "bench/statistics.hpp"

namespace banoff::bench {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

/// Results go to the samples; nothing is printed.
class Silent final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

void initialize(const Timing& timing, const std::filesystem::path& json_file) {
  std::vector<std::string> words{"banoff", "--benchmark_enable_random_interleaving=true",
                                 fmt::format("--benchmark_repetitions={}", timing.repetitions)};
  if (!json_file.empty()) {
    words.push_back("--benchmark_out=" + json_file.string());
    words.emplace_back("--benchmark_out_format=json");
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
}

}  // namespace

// A repetition can be given a fixed number of iterations by what this returns.
double warm_up(const Subject& subject, double budget_ms) {
  constexpr double agreement = 0.03, patience = 10, blocks = 4;
  constexpr std::size_t least = 3;
  const auto start = Clock::now();
  const auto elapsed = [&] { return milliseconds(Clock::now() - start); };
  for (double previous = 0;;) {
    std::vector<double> times;
    const double block_start = elapsed();
    do {
      const auto before = Clock::now();
      subject.run();
      times.push_back(milliseconds(Clock::now() - before));
    } while (elapsed() < patience * budget_ms &&
             (times.size() < least || elapsed() - block_start < budget_ms / blocks));
    std::ranges::sort(times);
    const double median = quantile(times, 0.5);
    const bool settled = elapsed() >= budget_ms && std::abs(median - previous) <= agreement * previous;
    if (settled || elapsed() >= patience * budget_ms) return median;
    previous = median;
  }
}

std::vector<std::vector<std::vector<double>>> measure(const std::vector<Subject>& subjects, const Timing& timing,
                                                      const std::filesystem::path& json_file,
                                                      const std::function<void(double)>& progress) {
  std::vector<std::vector<std::vector<double>>> samples(subjects.size());
  const double total = static_cast<double>(subjects.size()) * timing.repetitions;
  double done = 0;
  initialize(timing, json_file);
  for (std::size_t s = 0; s < subjects.size(); ++s) {
    const double once = warm_up(subjects[s], timing.warmup_ms);
    const double wanted = std::min(timing.duration_s * 1000 / timing.repetitions / std::max(once, 1e-4), 1e6);
    const double least = static_cast<double>(timing.iterations) / timing.repetitions;
    const auto iterations = static_cast<benchmark::IterationCount>(std::ceil(std::max({wanted, least, 1.0})));
    benchmark::RegisterBenchmark(subjects[s].name.c_str(),
                                 [&, s](benchmark::State& state) {
                                   auto& repetition = samples[s].emplace_back();
                                   repetition.reserve(static_cast<std::size_t>(state.max_iterations));
                                   for (auto unused : state) {
                                     (void)unused;
                                     const auto before = Clock::now();
                                     subjects[s].run();
                                     const auto time = Clock::now() - before;
                                     state.SetIterationTime(std::chrono::duration<double>(time).count());
                                     repetition.push_back(milliseconds(time));
                                   }
                                   done += 1;
                                   if (progress) progress(done / total);
                                 })
        ->Iterations(iterations)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  }
  Silent silent;
  if (json_file.empty()) {
    benchmark::RunSpecifiedBenchmarks(&silent);
  } else {
    benchmark::JSONReporter json;
    benchmark::RunSpecifiedBenchmarks(&silent, &json);
  }
  benchmark::ClearRegisteredBenchmarks();
  return samples;
}

}  // namespace banoff::bench
