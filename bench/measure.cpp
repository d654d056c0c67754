#include "bench/measure.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace banoff::bench {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

/// One run's time, so that a repetition can be given a fixed number of iterations.
double warm_up(const Subject& subject, double budget_ms) {
  const auto start = Clock::now();
  double last = 0;
  do {
    const auto before = Clock::now();
    subject.run();
    last = milliseconds(Clock::now() - before);
  } while (milliseconds(Clock::now() - start) < budget_ms);
  return last;
}

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

std::vector<std::vector<std::vector<double>>> measure(const std::vector<Subject>& subjects, const Timing& timing,
                                                      const std::filesystem::path& json_file,
                                                      const std::function<void(double)>& progress) {
  std::vector<std::vector<std::vector<double>>> samples(subjects.size());
  const double total = static_cast<double>(subjects.size()) * timing.repetitions;
  double done = 0;
  initialize(timing, json_file);
  for (std::size_t s = 0; s < subjects.size(); ++s) {
    const double once = warm_up(subjects[s], timing.warmup_ms);
    const double wanted = timing.duration_s * 1000 / timing.repetitions / std::max(once, 1e-4);
    const double least = static_cast<double>(timing.iterations) / timing.repetitions;
    const auto iterations = static_cast<benchmark::IterationCount>(std::clamp(wanted, least, 1e6)) + 1;
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
