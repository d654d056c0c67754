// `banoff bench` as a library: networks x methods x devices x threads x batches, timed against each other.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "banoff/machine.hpp"
#include "banoff/session.hpp"
#include "bench/measure.hpp"
#include "bench/statistics.hpp"

namespace banoff::bench {

/// What is done with batch norms that stay: one pass of their own each, or one pass together with the activation
/// behind.
enum class Norms : std::uint8_t { separate, fused };

struct BenchOptions {
  std::vector<std::filesystem::path> models;
  LoadOptions load;
  std::vector<Method> methods{Method::none, Method::naive, Method::banoff, Method::optimal};
  FoldOptions fold;  ///< but for the method
  std::vector<Norms> norms{Norms::separate, Norms::fused};
  std::vector<std::string> devices{"cpu"};
  std::vector<int> threads{0};
  std::vector<std::int64_t> batches{1};
  std::vector<double> percentiles{90, 95, 99};
  Timing timing;
  std::filesystem::path benchmark_json;  ///< where Google Benchmark's own results are kept; empty: nowhere
};

/// One row: a network, folded one way, on one device.
struct Result {
  std::string model, method, norms, device;
  int threads = 0;
  std::int64_t batch = 1;
  std::size_t norms_total = 0, norms_folded = 0;
  double load_ms = 0, fold_ms = 0, compile_ms = 0, first_run_ms = 0;
  std::size_t arena_bytes = 0, weight_bytes = 0;
  std::vector<std::vector<double>> samples_ms;  ///< by repetition
  Summary summary;
  double speedup_percent = 0;        ///< (T_none - T) / T_none x 100, none with norms of their own
  double speedup_fused_percent = 0;  ///< the same against none with norms fused to their activations
};

struct BenchReport {
  MachineInfo machine;
  std::vector<Result> results;
  double load_average = 0;  ///< of the machine when measuring began: others at work
  long peak_rss_kb = 0;     ///< of this process, all subjects together
};

/// Loads, folds, compiles and times everything. `say` is told what is going on, `progress` the share of timing done.
[[nodiscard]] BenchReport run(const BenchOptions& options, const std::function<void(const std::string&)>& say,
                              const std::function<void(double)>& progress);

[[nodiscard]] nlohmann::json to_json(const BenchReport& report, const BenchOptions& options);
[[nodiscard]] std::string to_text(const BenchReport& report, const BenchOptions& options);

}  // namespace banoff::bench
