#include "runtime/core/cpu_count.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

namespace banoff {

namespace {

int affinity_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());
}

/// Processors a quota of microseconds per period pays for; infinity when there is no quota.
double paid_for(double quota, double period) { return quota > 0 && period > 0 ? quota / period : HUGE_VAL; }

double version2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max") return HUGE_VAL;
  return paid_for(std::strtod(quota.c_str(), nullptr), period);
}

double version1(const std::string& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
  std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  return paid_for(quota, period);
}

/// The least quota of this process's control group and all those around it. In a container, the group's path may not
/// exist below the mount point; then the mount point itself is the group.
double quota_count() {
  double least = HUGE_VAL;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    const bool v2 = controllers.empty();
    if (!v2 && ("," + controllers + ",").find(",cpu,") == std::string::npos) continue;
    for (;; path.resize(path.rfind('/'))) {
      if (path == "/") path.clear();
      least = std::min(least, v2 ? version2("/sys/fs/cgroup" + path) : version1("/sys/fs/cgroup/cpu" + path));
      if (path.empty() || path.find('/') == std::string::npos) break;
    }
  }
  return least;
}

}  // namespace

int cpu_count() {
  const double quota = std::ceil(std::min(quota_count(), 4096.0));
  return std::max(1, std::min(affinity_count(), static_cast<int>(quota)));
}

}  // namespace banoff
