#include "bench/measure/log.hpp"

#include <benchmark/benchmark.h>
#include <sstream>

#include "banoff/file.hpp"

namespace banoff::bench {

/// Keeps what every call of Google Benchmark reports; nothing is printed.
class Log::Reporter final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override { runs_.insert(runs_.end(), runs.begin(), runs.end()); }

  [[nodiscard]] std::string json() const {
    std::ostringstream text;
    benchmark::JSONReporter reporter;
    reporter.SetOutputStream(&text);
    reporter.ReportContext(Context());
    if (!runs_.empty()) reporter.ReportRuns(runs_);
    reporter.Finalize();
    return text.str();
  }

 private:
  std::vector<Run> runs_;
};

Log::Log() : reporter_(std::make_unique<Reporter>()) {}
Log::~Log() = default;

Block Log::run(const Subject& subject, int runs) {
  Block block;
  benchmark::RegisterBenchmark(subject.name.c_str(),
                               [&](benchmark::State& state) {
                                 for (auto unused : state) {
                                   (void)unused;
                                   block = subject.run(runs);
                                   const Sample median = median_of(block);
                                   state.SetIterationTime(median.wall_ms / 1e3);
                                   state.counters["cpu_ms"] = median.cpu_ms;
                                   state.counters["runs"] = runs;
                                 }
                               })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks(reporter_.get());
  benchmark::ClearRegisteredBenchmarks();
  return block;
}

void Log::write(const std::filesystem::path& file) const { write_file_atomically(file, reporter_->json()); }

}  // namespace banoff::bench
