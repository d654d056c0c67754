// `banoff bench` as a library: networks x methods x devices x threads x batches, timed against each other.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "banoff/machine.hpp"
#include "banoff/session.hpp"
#include "bench/measure/measure.hpp"
#include "bench/measure/paired.hpp"
#include "bench/measure/statistics.hpp"

namespace banoff::bench {

/// What is done with batch norms that stay: one pass of their own each, or one pass together with the activation
/// behind.
enum class Norms : std::uint8_t { separate, fused };

/// One way to run a network: how its norms are folded, and what becomes of those that stay.
struct Way {
  Method method = Method::none;
  Activations activations = Activations::automatic;  ///< with optimal
  Norms norms = Norms::separate;
};

struct BenchOptions {
  std::vector<std::filesystem::path> models;
  LoadOptions load;
  std::vector<Way> ways;
  FoldOptions fold;  ///< but for the method and its activations
  std::vector<std::string> devices{"cpu"};
  std::vector<int> threads{0};
  std::string isa = {};             ///< of the cpu device (DeviceOptions)
  bool exact_convolutions = false;  ///< of the cpu device: plain sums only
  std::vector<std::int64_t> batches{1};
  std::vector<double> percentiles{90, 95, 99};
  Timing timing;
  bool quick = false;                    ///< few rounds, by the work of a run
  bool sitting = false;                  ///< one of several processes that share the time: see sittings()
  bool timed = true;                     ///< false: nothing is compiled or run, only what folds is told
  std::filesystem::path benchmark_json;  ///< where Google Benchmark's own results are kept; empty: nowhere
};

/// What folding did to a network.
struct Folding {
  std::size_t total = 0, folded = 0, with_clamp = 0;  ///< batch norms
  std::int64_t parameters_before = 0, parameters_after = 0;
  std::int64_t trainable_before = 0, trainable_after = 0;
  double removed_percent = 0;  ///< 100 x 2 x folded norms' channels / trainable parameters, as the paper counts
  double norm_percent = 0;     ///< the same with the channels of all norms
};

/// How far the outputs are from those of the unfolded network on the same device: the worst output of the network.
/// Not numbers where the two cannot be compared, as when different boxes survive.
struct Difference {
  double max_abs = 0, mean_abs = 0;
  double max_relative = 0;  ///< to the output's largest magnitude
};

/// One row: a network, folded one way, on one device.
struct Result {
  std::string model, method, activations, norms, device;
  int threads = 0;
  std::int64_t batch = 1;
  Folding bn;
  std::int64_t flops = 0;
  double load_ms = 0, fold_ms = 0, compile_ms = 0, first_run_ms = 0;
  std::size_t arena_bytes = 0, weight_bytes = 0;
  std::size_t kernels = 0, bytes_moved = 0;  ///< by the plan: calls, and what they read and write (StepInfo::bytes)
  long peak_rss_kb = 0;  ///< of a process that loads, folds, compiles and runs this once; 0: not measured (gpu)
  Difference difference;
  std::string same_as;          ///< the method whose measurement this is, as both folded the same
  Clock clock = Clock::wall;    ///< by which it is compared with others
  Passes passes;                ///< every run; not kept in tables
  std::vector<Sample> medians;  ///< of the passes: what runs of the same number beside each other are compared by
  Summary summary;              ///< of the wall's times
  double cpu_median_ms = 0, cpu_min_ms = 0;
  /// Against none with norms of their own, and with norms fused to their activations; nothing without such a row.
  std::optional<Estimate> saved, saved_from_fused;
};

struct BenchReport {
  MachineInfo machine;  ///< the caller's to ask for: it starts CUDA, which what is measured may do without
  std::vector<Result> results;
  double load_average = 0;  ///< of the machine when measuring began: others at work
  long peak_rss_kb = 0;     ///< of this process, all subjects together
};

/// Loads, folds, compiles and times everything. `say` is told what is going on, `progress` the share of timing done.
[[nodiscard]] BenchReport run(const BenchOptions& options, const std::function<void(const std::string&)>& say,
                              const std::function<void(double)>& progress);

/// In how many processes, one after the other, a network of so many FLOPs is timed: where its memory comes to lie
/// weighs on its speed as much as a norm may, and is another in each.
[[nodiscard]] int sittings(std::int64_t flops);

/// The timing of --quick for a network of so many FLOPs.
[[nodiscard]] Timing quick_timing(std::int64_t flops);

/// What `to` saves, in percent of `from`; nothing unless both were timed, in the same passes.
[[nodiscard]] std::optional<Estimate> saved_percent(const Result& from, const Result& to);
/// The passes' medians and the summaries of what was timed; the passes themselves stay.
void summarize(Result& row, std::span<const double> percents);

[[nodiscard]] nlohmann::json to_json(const MachineInfo& machine);
[[nodiscard]] MachineInfo machine_from(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const Result& result, std::span<const double> percents);
/// Nulls are not numbers. Throws nlohmann's exceptions.
[[nodiscard]] Difference difference_from_json(const nlohmann::json& json);
/// What to_json() wrote, summary included. Throws nlohmann's exceptions where something is missing or of another type,
/// and usage for a method that does not exist.
[[nodiscard]] Result result_from_json(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const BenchReport& report, const BenchOptions& options);
[[nodiscard]] std::string to_text(const BenchReport& report);

}  // namespace banoff::bench
