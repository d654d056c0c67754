// From the gauges wanted on some values to gauges for everything tied to them, or the reason why there are none.
#pragma once

#include <unordered_map>

#include "folding/gauge_system.hpp"

namespace banoff::gauge {

/// A gauge for every variable. Most keep the identity, and take no place here: what one norm changes is a small part of
/// a large network.
class Assignment {
 public:
  /// The variable's gauge, or null: identity.
  [[nodiscard]] const Gauge* find(VarId var) const {
    const auto found = gauges_.find(var);
    return found == gauges_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool touches(std::pair<VarId, VarId> range) const;
  void set(VarId var, const Gauge& gauge);  ///< once for each variable
  /// All but the identities, in no order.
  [[nodiscard]] const std::unordered_map<VarId, Gauge>& changed() const noexcept { return gauges_; }

 private:
  std::unordered_map<VarId, Gauge> gauges_;
};

/// Gauges with which every `wanted` variable has its gauge, every variable of `held` the identity, and all demands of
/// the system hold. Scales follow from the classes; shifts solve the linear equations at the Adds. Throws Refused.
[[nodiscard]] Assignment solve(const System& system, const std::vector<std::pair<VarId, Gauge>>& wanted,
                               const std::vector<VarId>& held);

}  // namespace banoff::gauge
