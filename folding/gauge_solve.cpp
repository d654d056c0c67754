#include "folding/gauge_solve.hpp"

#include <map>
#include <optional>

#include "folding/elimination.hpp"

namespace banoff::gauge {

bool Assignment::touches(std::pair<VarId, VarId> range) const {
  for (VarId var = range.first; var < range.second; ++var) {
    if (gauges_.contains(var)) return true;
  }
  return false;
}

void Assignment::set(VarId var, const Gauge& gauge) {
  if (!gauge.identity()) gauges_.emplace(var, gauge);
}

namespace {

/// One class of equal scales: everything in it takes the scale `wanted` has; the shifts are unknowns.
struct Component {
  Gauge scale;
  std::vector<std::pair<VarId, double>> shifts;  ///< those asked for
};

/// The shifts of a component: unknowns are its gauge classes, equations its sums.
class Shifts {
 public:
  Shifts(const System& system, VarId start) : system_(system) {
    system.scales().for_members(start,
                                [&](VarId var) { number_.try_emplace(system.gauges().root(var), number_.size()); });
    known_.resize(number_.size());
  }

  /// Throws when the shift is already known to be another.
  void fix(VarId var, double shift, const Mark* reason) {
    auto& known = known_[unknown(var)];
    if (known && known->first != shift) throw refusal(reason ? reason : known->second);
    if (!known) known = {shift, reason};
  }

  /// Any solution with as many zeros as the elimination leaves.
  void solve(VarId start) {
    std::vector<Equation> equations;
    system_.scales().for_members(start, [&](VarId var) {
      if (const Sum* sum = system_.sum_at(var)) equations.push_back(equation(*sum));
    });
    Elimination elimination;
    for (const Equation& each : equations) {
      if (!elimination.add(each)) throw refusal(nullptr);
    }
    for (const auto& [column, shift] : elimination.solution()) known_[index(column)] = {shift, nullptr};
  }

  [[nodiscard]] double at(VarId var) const {
    const auto& known = known_[unknown(var)];
    return known ? known->first : 0.0;
  }

 private:
  [[nodiscard]] std::size_t unknown(VarId var) const { return number_.at(system_.gauges().root(var)); }

  Equation equation(const Sum& sum) {
    Equation result;
    for (const auto& [coefficient, var] : sum) {
      const std::size_t of = unknown(var);
      if (const auto& known = known_[of]) {
        result.add_known(coefficient * known->first);
        if (known->second) last_ = known->second;
      } else {
        result.add(static_cast<Unknown>(of), coefficient);
      }
    }
    return result;
  }

  [[nodiscard]] Refused refusal(const Mark* reason) const {
    if (!reason) reason = last_;
    return reason ? Refused{reason->blocker, reason->witness} : Refused{Blocker::conflict, ""};
  }

  const System& system_;
  std::map<VarId, std::size_t> number_;
  std::vector<std::optional<std::pair<double, const Mark*>>> known_;
  const Mark* last_ = nullptr;
};

void solve_component(const System& system, VarId start, const Component& component, Assignment& result) {
  const Gauge& scale = component.scale;
  system.scales().for_members(start, [&](VarId var) {
    if (const Mark* pin = system.pinned(var); pin && !scale.unit_scale()) throw Refused{pin->blocker, pin->witness};
    const Mark* sign = system.sign_fixed(var);
    if (sign && scale.negative()) throw Refused{sign->blocker, sign->witness};
  });
  Shifts shifts(system, start);
  for (const auto& [var, shift] : component.shifts) shifts.fix(var, shift, nullptr);
  system.scales().for_members(start, [&](VarId var) {
    const Mark* zero = system.pinned(var) ? system.pinned(var) : system.shift_fixed(var);
    if (zero) shifts.fix(var, 0.0, zero);
  });
  shifts.solve(start);
  system.scales().for_members(start, [&](VarId var) { result.set(var, {scale.num, scale.den, shifts.at(var)}); });
}

/// Two scales are asked of one class: a pinned member, if there is one, says more than the clash itself.
Refused clash(const System& system, VarId start) {
  Refused result{Blocker::conflict, ""};
  system.scales().for_members(start, [&](VarId var) {
    if (const Mark* pin = system.pinned(var)) result = {pin->blocker, pin->witness};
  });
  return result;
}

}  // namespace

Assignment solve(const System& system, const std::vector<std::pair<VarId, Gauge>>& wanted,
                 const std::vector<VarId>& held) {
  std::map<VarId, Component> components;
  for (const auto& [var, gauge] : wanted) {
    Component& component = components.try_emplace(system.scales().root(var), Component{gauge, {}}).first->second;
    if (!component.scale.same_scale(gauge)) throw clash(system, var);
    component.shifts.emplace_back(var, gauge.shift);
  }
  for (const VarId var : held) {
    if (components.contains(system.scales().root(var))) throw clash(system, var);
  }
  Assignment result;
  for (const auto& [root, component] : components) solve_component(system, root, component, result);
  return result;
}

}  // namespace banoff::gauge
