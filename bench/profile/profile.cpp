#include "bench/profile/profile.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

namespace banoff::bench {

namespace {

using Clock = std::chrono::steady_clock;

/// A subject's times in microseconds, run by run.
struct Samples {
  std::vector<std::vector<double>> steps;
  std::vector<double> profiled, plain;
};

double microseconds(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

Times times_of(std::vector<double> samples) {
  std::ranges::sort(samples);
  return {samples.front(), quantile(samples, 0.5)};
}

void run_once(Session& session, Samples& samples) {
  auto start = Clock::now();
  session.run_profiled([&](std::size_t step, double us) { samples.steps[step].push_back(us); });
  samples.profiled.push_back(microseconds(start));
  start = Clock::now();
  session.run();
  samples.plain.push_back(microseconds(start));
}

/// Runs of each kind in a repetition, of something that takes `once_ms`.
int runs_per_repetition(const Timing& timing, double once_ms) {
  constexpr double most = 2000;  // beyond it more samples tell nothing, and take memory
  const double wanted = timing.duration_s * 1000 / timing.rounds / std::max(2 * once_ms, 1e-4);
  const double least = static_cast<double>(timing.iterations) / timing.rounds;
  return static_cast<int>(std::ceil(std::max({std::min(wanted, most), least, 1.0})));
}

Profile summarized(ProfileSubject& subject, const Samples& samples) {
  Profile result = std::move(subject.about);
  for (std::size_t s = 0; s < subject.plan.steps.size(); ++s)
    result.steps.push_back({std::move(subject.plan.steps[s]), times_of(samples.steps[s])});
  result.runs = samples.profiled.size();
  result.profiled_run = times_of(samples.profiled);
  result.run = times_of(samples.plain);
  result.note = subject.session->note();
  return result;
}

/// The machine's ceilings by threads and vectors; what is measured again stays if it was better before.
class MeasuredCeilings {
 public:
  void measure(const std::vector<ProfileSubject>& subjects) {
    std::map<Key, Ceilings> now;
    for (const ProfileSubject& subject : subjects) {
      const Key key = key_of(subject.plan);
      if (on_host(subject.about) && !now.contains(key)) now[key] = measure_ceilings(key.first, key.second);
    }
    for (const auto& [key, measured] : now) best_[key] = best_of(measured, best_[key]);
  }

  /// Nothing is known of devices other than the host's processors.
  [[nodiscard]] Ceilings of(const Profile& about, const PlanInfo& plan) const {
    return on_host(about) ? best_.at(key_of(plan)) : Ceilings{plan.threads};
  }

 private:
  using Key = std::pair<int, int>;
  static Key key_of(const PlanInfo& plan) { return {plan.threads, plan.vector_bits}; }
  static bool on_host(const Profile& about) { return !about.device.starts_with("gpu"); }

  std::map<Key, Ceilings> best_;
};

}  // namespace

std::vector<Profile> profile(std::vector<ProfileSubject> subjects, const Timing& timing,
                             const std::function<void(double)>& progress) {
  MeasuredCeilings ceilings;
  ceilings.measure(subjects);
  std::vector<Samples> samples;
  std::vector<int> runs;
  for (const ProfileSubject& subject : subjects) {
    samples.emplace_back().steps.resize(subject.plan.steps.size());
    runs.push_back(runs_per_repetition(
        timing, warm_up(subject_of(subject.about.model, [&] { subject.session->run(); }), timing.warmup_ms)));
  }
  const double total = static_cast<double>(subjects.size()) * timing.rounds;
  double done = 0;
  for (int repetition = 0; repetition < timing.rounds; ++repetition) {
    for (std::size_t s = 0; s < subjects.size(); ++s) {
      for (int run = 0; run < runs[s]; ++run) run_once(*subjects[s].session, samples[s]);
      progress(++done / total);
    }
  }
  ceilings.measure(subjects);
  std::vector<Profile> result;
  for (std::size_t s = 0; s < subjects.size(); ++s) {
    result.push_back(summarized(subjects[s], samples[s]));
    result.back().ceilings = ceilings.of(result.back(), subjects[s].plan);
  }
  return result;
}

}  // namespace banoff::bench
