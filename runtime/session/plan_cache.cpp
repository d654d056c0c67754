#include "runtime/session/plan_cache.hpp"

#include <algorithm>

namespace banoff {

const PlanCache::Entry* PlanCache::touch(const std::vector<Shape>& shapes) {
  const auto found = std::ranges::find(entries_, shapes, &Entry::shapes);
  if (found == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found);
  return &entries_.front();
}

void PlanCache::forget(const std::vector<Shape>& shapes) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.shapes == shapes; });
}

PlanCache::SizedPlanPtr PlanCache::get(const std::vector<Shape>& shapes, const std::function<SizedPlanPtr()>& make) {
  std::promise<SizedPlanPtr> promise;
  {
    std::unique_lock lock(mutex_);
    if (const Entry* entry = touch(shapes)) {
      const std::shared_future<SizedPlanPtr> plan = entry->plan;
      lock.unlock();
      return plan.get();
    }
    entries_.push_front({shapes, promise.get_future().share()});
    while (entries_.size() > std::max<std::size_t>(most_, 1)) entries_.pop_back();
  }
  try {
    SizedPlanPtr plan = make();
    promise.set_value(plan);
    return plan;
  } catch (...) {
    // Whoever waits is told; whoever comes later tries again.
    promise.set_exception(std::current_exception());
    forget(shapes);
    throw;
  }
}

}  // namespace banoff
