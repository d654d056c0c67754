// What is computed of a profile.
#include <algorithm>

#include "bench/profile/profile.hpp"

namespace banoff::bench {

namespace {

std::optional<double> percent_of(std::optional<double> rate, double ceiling) {
  if (!rate || ceiling == 0) return std::nullopt;
  return 100 * *rate / ceiling;
}

std::vector<ProfileGroup> grouped(const Profile& profile, std::string StepInfo::*name) {
  std::vector<ProfileGroup> groups;
  for (const ProfiledStep& each : profile.steps) {
    auto group = std::ranges::find(groups, each.step.*name, &ProfileGroup::name);
    if (group == groups.end()) group = groups.insert(group, ProfileGroup{each.step.*name});
    ++group->kernels;
    group->least_us += each.time.least_us;
    group->flops += each.step.flops;
    group->bytes += each.step.bytes;
  }
  std::ranges::stable_sort(groups, std::greater(), &ProfileGroup::least_us);
  return groups;
}

Rates rates(const Profile& profile, double us, std::int64_t flops, std::size_t bytes) {
  Rates result;
  if (us <= 0) return result;
  // Operations per microsecond are millions per second.
  if (flops > 0) result.gflops = static_cast<double>(flops) / us / 1e3;
  if (bytes > 0) result.gb_per_s = static_cast<double>(bytes) / us / 1e3;
  result.peak_percent = percent_of(result.gflops, profile.ceilings.gflops);
  result.bandwidth_percent = percent_of(result.gb_per_s, profile.ceilings.gb_per_s);
  return result;
}

}  // namespace

Times sum(const Profile& profile) {
  Times total;
  for (const ProfiledStep& step : profile.steps) {
    total.least_us += step.time.least_us;
    total.median_us += step.time.median_us;
  }
  return total;
}

double share_percent(const Profile& profile, double least_us) {
  const double total = sum(profile).least_us;
  return total == 0 ? 0 : 100 * least_us / total;
}

Rates rates(const Profile& profile, const ProfiledStep& step) {
  return rates(profile, step.time.least_us, step.step.flops, step.step.bytes);
}

Rates rates(const Profile& profile, const ProfileGroup& group) {
  return rates(profile, group.least_us, group.flops, group.bytes);
}

std::vector<ProfileGroup> by_kind(const Profile& profile) { return grouped(profile, &StepInfo::kind); }
std::vector<ProfileGroup> by_implementation(const Profile& profile) {
  return grouped(profile, &StepInfo::implementation);
}

}  // namespace banoff::bench
