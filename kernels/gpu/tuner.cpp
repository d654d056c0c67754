#include "kernels/gpu/tuner.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "kernels/region.hpp"

namespace banoff::gpu {

Tuner::Tuner(std::shared_ptr<const Backend> backend, std::filesystem::path file, bool measure)
    : backend_(std::move(backend)), file_(std::move(file)), measure_(measure) {
  if (!file_.empty()) known_ = read_tunings(file_, backend_->name());
}

std::size_t Tuner::choose(const std::string& key, const std::vector<std::string>& names,
                          const std::function<void(std::size_t, Queue&)>& run) {
  const std::scoped_lock lock(mutex_);
  if (const auto known = known_.find(key); known != known_.end()) {
    const auto found = std::ranges::find(names, known->second.choice);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  if (!measure_) return 0;
  const auto queue = backend_->make_queue();
  std::size_t best = 0;
  double least_us = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double us = queue->time_us([&] { run(i, *queue); });
    if (i == 0 || us < least_us) best = i, least_us = us;
  }
  if (!std::isfinite(least_us)) throw Refused{"none of its ways runs: " + fmt::format("{}", fmt::join(names, ", "))};
  known_[key] = {names[best], least_us};
  if (!file_.empty()) write_tunings(file_, backend_->name(), known_);
  return best;
}

}  // namespace banoff::gpu
