#include "bench/measure/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "bench/measure/paired.hpp"
#include "bench/measure/statistics.hpp"

namespace banoff::bench {

namespace {

using Time = std::chrono::steady_clock;

/// Blocks this long see few of the machine's other doings each, and are many enough for the intervals.
constexpr double block_ms = 25;
/// Beyond so many passes an interval narrows too slowly to be waited for.
constexpr std::size_t most_passes = 200;

class Rounds {
 public:
  Rounds(const std::vector<Subject>& subjects, const Timing& timing, Clock clock, Log& log)
      : subjects_(subjects),
        timing_(timing),
        clock_(clock),
        log_(log),
        passes_(subjects.size()),
        medians_(subjects.size()) {
    for (const Subject& subject : subjects) runs_.push_back(runs_in_block(warm_up(subject, timing.warmup_ms)));
    start_ = Time::now();
  }

  [[nodiscard]] bool done() const {
    const std::size_t passes = passes_.front().size();
    if (passes < 2 * static_cast<std::size_t>(std::max(timing_.rounds, 1))) return false;
    return passes >= most_passes || share_of_time() >= 1 || all_known();
  }

  void run_one() {
    for (std::size_t s = 0; s < subjects_.size(); ++s) run(s);
    for (std::size_t s = subjects_.size(); s-- > 0;) run(s);
  }

  /// Of the time or of the least rounds, whichever is further from its end.
  [[nodiscard]] double share() const {
    const double rounds = static_cast<double>(passes_.front().size()) / (2.0 * std::max(timing_.rounds, 1));
    return done() ? 1 : std::min({rounds, std::max(share_of_time(), 0.5 * rounds), 0.99});
  }

  std::vector<Passes> take() { return std::move(passes_); }

 private:
  [[nodiscard]] int runs_in_block(double once_ms) const {
    const double least = timing_.iterations / (2.0 * std::max(timing_.rounds, 1));
    const double in_time = timing_.duration_s * 1e3 / (2.0 * std::max(timing_.rounds, 1)) / once_ms;
    return static_cast<int>(std::ceil(std::max({least, std::min(block_ms / once_ms, in_time), 1.0})));
  }

  void run(std::size_t s) {
    passes_[s].push_back(log_.run(subjects_[s], runs_[s]));
    medians_[s].push_back(median_of(passes_[s].back()));
  }

  [[nodiscard]] double share_of_time() const {
    const double budget = timing_.duration_s * static_cast<double>(subjects_.size());
    const double spent = std::chrono::duration<double>(Time::now() - start_).count();
    return budget > 0 ? spent / budget : 1;
  }

  [[nodiscard]] bool all_known() const {
    return subjects_.size() > 1 &&
           std::all_of(medians_.begin() + 1, medians_.end(), [&](const std::vector<Sample>& other) {
             return is_known(saved_percent(medians_.front(), other, clock_));
           });
  }

  const std::vector<Subject>& subjects_;
  const Timing& timing_;
  Clock clock_;
  Log& log_;
  std::vector<int> runs_;  ///< in a block, by subject
  std::vector<Passes> passes_;
  std::vector<std::vector<Sample>> medians_;  ///< by subject and pass
  Time::time_point start_;
};

}  // namespace

double warm_up(const Subject& subject, double budget_ms) {
  constexpr double agreement = 0.03, patience = 10, blocks = 4;
  constexpr std::size_t least = 3;
  const auto start = Time::now();
  const auto elapsed = [&] { return std::chrono::duration<double, std::milli>(Time::now() - start).count(); };
  for (double previous = 0;;) {
    std::vector<double> times;
    const double block_start = elapsed();
    do times.push_back(subject.run(1).front().wall_ms);
    while (elapsed() < patience * budget_ms && (times.size() < least || elapsed() - block_start < budget_ms / blocks));
    std::ranges::sort(times);
    const double median = std::max(quantile(times, 0.5), 1e-4);
    const bool settled = elapsed() >= budget_ms && std::abs(median - previous) <= agreement * previous;
    if (settled || elapsed() >= patience * budget_ms) return median;
    previous = median;
  }
}

std::vector<Passes> measure(const std::vector<Subject>& subjects, const Timing& timing, Clock clock, Log& log,
                            const std::function<void(double)>& progress) {
  Rounds rounds(subjects, timing, clock, log);
  while (!rounds.done()) {
    rounds.run_one();
    if (progress) progress(rounds.share());
  }
  return rounds.take();
}

}  // namespace banoff::bench
