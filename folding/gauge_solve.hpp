// From the gauges wanted on some values to gauges for everything tied to them, or the reason why there are none.
#pragma once

#include "folding/gauge_system.hpp"

namespace banoff::gauge {

/// A gauge for every variable; most keep the identity.
class Assignment {
 public:
  explicit Assignment(std::size_t variables) : slot_(variables, none) {}
  /// The variable's gauge, or null: identity.
  [[nodiscard]] const Gauge* find(VarId var) const {
    const std::int32_t slot = slot_[static_cast<std::size_t>(var)];
    return slot == none ? nullptr : &gauges_[static_cast<std::size_t>(slot)];
  }
  [[nodiscard]] bool touches(std::pair<VarId, VarId> range) const;
  void set(VarId var, const Gauge& gauge);  ///< once for each variable

 private:
  std::vector<std::int32_t> slot_;
  std::vector<Gauge> gauges_;
};

/// Gauges with which every `wanted` variable has its gauge, every variable of `held` the identity, and all demands of
/// the system hold. Scales follow from the classes; shifts solve the linear equations at the Adds. Throws Refused.
[[nodiscard]] Assignment solve(const System& system, const std::vector<std::pair<VarId, Gauge>>& wanted,
                               const std::vector<VarId>& held);

}  // namespace banoff::gauge
