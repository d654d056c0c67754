// The time of every kernel of a compiled network, against what the machine can do.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "banoff/machine.hpp"
#include "bench/bench.hpp"
#include "bench/profile/ceilings.hpp"

namespace banoff::bench {

/// Of several runs. The least time is what shares and rates are of, as the ceilings are the best of several: what else
/// runs on a machine makes it slower, never faster.
struct Times {
  double least_us = 0, median_us = 0;
};

/// A kernel and what it took in the profiled runs.
struct ProfiledStep {
  StepInfo step;
  Times time;
};

/// A network, folded one way, on one device.
struct Profile {
  std::string model, method, activations, norms, device;
  std::int64_t batch = 1;
  Ceilings ceilings;                ///< at the device's threads
  std::vector<ProfiledStep> steps;  ///< in the order in which they run
  std::size_t runs = 0;             ///< profiled ones, and as many that were not
  Times run;                        ///< of those that were not profiled
  Times profiled_run;               ///< of those that were: the clock is read between the kernels
  std::string note;                 ///< why runs take longer than they should, where they do
};

/// What is to be profiled. `about` says what it is; its times are filled in.
struct ProfileSubject {
  Profile about;
  PlanInfo plan;
  Session* session = nullptr;
};

/// Runs all subjects in turns, every profiled run followed by one that is not, on what the sessions hold as inputs. The
/// machine's ceilings are measured before and after. `progress` is told the share done, 0..1.
[[nodiscard]] std::vector<Profile> profile(std::vector<ProfileSubject> subjects, const Timing& timing,
                                           const std::function<void(double)>& progress);

/// The kernels' times summed.
[[nodiscard]] Times sum(const Profile& profile);
/// Of the sum of least times, in percent.
[[nodiscard]] double share_percent(const Profile& profile, double least_us);

/// Rates of a kernel at its least time; nothing for one that took no time by the clock, or has none of what is counted.
struct Rates {
  std::optional<double> gflops, peak_percent;         ///< of a machine whose peak is known
  std::optional<double> gb_per_s, bandwidth_percent;  ///< likewise
};
[[nodiscard]] Rates rates(const Profile& profile, const ProfiledStep& step);

/// Kernels that have something in common.
struct ProfileGroup {
  std::string name;
  std::size_t kernels = 0;
  double least_us = 0;
  std::int64_t flops = 0;
  std::size_t bytes = 0;
};
/// By the op that does most of a kernel's work, dearest first.
[[nodiscard]] std::vector<ProfileGroup> by_kind(const Profile& profile);
[[nodiscard]] std::vector<ProfileGroup> by_implementation(const Profile& profile);
[[nodiscard]] Rates rates(const Profile& profile, const ProfileGroup& group);

struct ProfileReport {
  MachineInfo machine;
  double load_average = 0;
  std::vector<Profile> profiles;
};

/// Loads, folds and compiles what run() times, and profiles it.
[[nodiscard]] ProfileReport profile_networks(const BenchOptions& options,
                                             const std::function<void(const std::string&)>& say,
                                             const std::function<void(double)>& progress);

enum class StepOrder : std::uint8_t { time, plan };  ///< dearest first, or as they run

[[nodiscard]] std::string to_text(const Profile& profile, StepOrder order);
[[nodiscard]] std::string to_text(const ProfileReport& report, StepOrder order);
[[nodiscard]] nlohmann::json to_json(const Profile& profile);
[[nodiscard]] nlohmann::json to_json(const ProfileReport& report, const BenchOptions& options);
/// A page of its own: the networks as bars, way of folding beside way of folding, and all numbers below.
[[nodiscard]] std::string to_html(const ProfileReport& report);

}  // namespace banoff::bench
