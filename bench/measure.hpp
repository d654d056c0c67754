// Timing several runnable things against each other: interleaved repetitions, run by Google Benchmark.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace banoff::bench {

/// Something to be timed. `run` does one inference.
struct Subject {
  std::string name;
  std::function<void()> run;
};

struct Timing {
  /// Per subject, before its first repetition; more, up to tenfold, until two blocks' medians agree within 3 %.
  double warmup_ms = 200;
  double duration_s = 3;  ///< per subject, over all repetitions
  int iterations = 10;    ///< at least, per subject
  int repetitions = 5;    ///< interleaved among the subjects; bench::run() with 0 times nothing
};

/// Runs in blocks until the medians of two successive ones agree and the budget is used up, but for no more than ten
/// budgets. Returns the last median, in milliseconds.
[[nodiscard]] double warm_up(const Subject& subject, double budget_ms);

/// Times of every single run in milliseconds, by subject and repetition. Google Benchmark decides the order (random
/// interleaving) and keeps its own JSON in `json_file` if that is not empty. `progress` is told the share done, 0..1.
[[nodiscard]] std::vector<std::vector<std::vector<double>>> measure(const std::vector<Subject>& subjects,
                                                                    const Timing& timing,
                                                                    const std::filesystem::path& json_file,
                                                                    const std::function<void(double)>& progress);

}  // namespace banoff::bench
