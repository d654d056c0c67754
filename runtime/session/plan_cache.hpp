// Plans of one network for several sets of sizes.
#pragma once

#include <functional>
#include <future>
#include <list>
#include <mutex>

#include "banoff/session.hpp"
#include "runtime/plan/plan.hpp"

namespace banoff {

/// A network compiled for one set of sizes.
struct SizedPlan {
  std::shared_ptr<const Plan> plan;
  PlanInfo info;
  std::vector<TensorInfo> inputs, outputs;
  std::vector<Tensor> defaults;  ///< by input, as the device holds them; none where it must be given
  std::vector<Shape> shapes;     ///< of the inputs
};

/// A bounded number of plans by the shapes of the inputs; the one that nobody has asked for longest goes. For any
/// number of threads: one of them makes a plan, the others wait for it.
class PlanCache {
 public:
  using SizedPlanPtr = std::shared_ptr<const SizedPlan>;
  explicit PlanCache(std::size_t most) : most_(most) {}

  /// The plan for `shapes`, made by `make` unless it is there. What `make` throws is thrown to all who wait for it.
  [[nodiscard]] SizedPlanPtr get(const std::vector<Shape>& shapes, const std::function<SizedPlanPtr()>& make);

 private:
  struct Entry {
    std::vector<Shape> shapes;
    std::shared_future<SizedPlanPtr> plan;
  };
  /// Moves the entry to the front; null where there is none.
  [[nodiscard]] const Entry* touch(const std::vector<Shape>& shapes);
  void forget(const std::vector<Shape>& shapes);

  const std::size_t most_;
  std::mutex mutex_;
  std::list<Entry> entries_;  ///< used last first
};

}  // namespace banoff
