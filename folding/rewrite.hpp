// One node about to be rewritten, and the ops that know how (one overload each, in absorb_*.cpp).
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "folding/absorb.hpp"

namespace banoff::gauge {

/// A node with the gauges around it as plain affine maps.
class Rewrite {
 public:
  Rewrite(Weights& weights, NodeId id, const System& system, const Assignment& assignment, const Limits& limits)
      : weights_(weights), id_(id), system_(system), assignment_(assignment), limits_(limits) {
    const Node& self = node();
    done_.of_input = std::ranges::any_of(self.inputs, [&](ValueId v) { return touched(v); });
    done_.of_output = std::ranges::any_of(self.outputs, [&](ValueId v) { return touched(v); });
  }

  [[nodiscard]] Node& node() const { return weights_.graph().node(id_); }
  [[nodiscard]] Weights& weights() const { return weights_; }
  [[nodiscard]] NodeId id() const { return id_; }
  [[nodiscard]] const System& system() const { return system_; }
  [[nodiscard]] Absorbed done() const { return done_; }
  [[nodiscard]] Absorbed done_with_clamp() const { return {false, false, true}; }

  /// original = scale * stored + shift, per index of the input's axis.
  [[nodiscard]] AffineMap reads(std::size_t axis) const {
    AffineMap map;
    for (const VarId var : system_.along(node().inputs[0], axis)) {
      const Gauge gauge = gauge_of(var);
      push(map, gauge.den, gauge.num, -gauge.shift, limits_.reading);
    }
    return map;
  }
  /// stored = scale * original + shift, per index of the output's axis.
  [[nodiscard]] AffineMap writes(std::size_t axis) const { return writes(system_.along(node().outputs[0], axis)); }
  [[nodiscard]] AffineMap writes(const std::vector<VarId>& vars) const {
    AffineMap map;
    for (const VarId var : vars) {
      const Gauge gauge = gauge_of(var);
      push(map, gauge.num, gauge.den, gauge.shift, limits_.writing);
    }
    return map;
  }
  /// The map through an activation. What is forgotten is a constant, and passes only as the 0 that `keeps_zero` keeps.
  [[nodiscard]] AffineMap passes(std::size_t axis, bool keeps_zero) const {
    AffineMap map;
    for (const VarId var : system_.along(node().inputs[0], axis)) {
      const Gauge gauge = gauge_of(var);
      if (gauge.den == 0.0 && gauge.shift == 0.0 && keeps_zero) push(map, 1.0, 1.0, 0.0, limits_.writing);
      else push(map, gauge.num, gauge.den, gauge.shift, limits_.writing);
    }
    return map;
  }

 private:
  [[nodiscard]] bool touched(ValueId value) const { return assignment_.touches(system_.range(value)); }
  [[nodiscard]] Gauge gauge_of(VarId var) const {
    const Gauge* gauge = assignment_.find(var);
    return gauge ? *gauge : Gauge{};
  }
  void push(AffineMap& map, double numerator, double denominator, double shift, double limit) const {
    if (denominator == 0.0) throw Refused{Blocker::zero_scale, node().name};
    const double scale = numerator / denominator;
    if (!(std::abs(scale) <= limit)) {
      throw Refused{Blocker::amplification, node().name, {}, fmt::format("by {:.3g}", scale)};
    }
    map.scale.push_back(scale);
    map.shift.push_back(shift / denominator);
  }

  Weights& weights_;
  NodeId id_;
  const System& system_;
  const Assignment& assignment_;
  const Limits& limits_;
  Absorbed done_;
};

// absorb_linear.cpp
[[nodiscard]] Absorbed apply(const Conv& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const ConvTranspose& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const Dense& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const MatMul& op, const Rewrite& r);
// absorb_affine.cpp
[[nodiscard]] Absorbed apply(const BatchNorm& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const Affine& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const Constant& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const Pad& op, const Rewrite& r);
// absorb_activation.cpp
[[nodiscard]] Absorbed apply(const Activation& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const PRelu& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const Clamp& op, const Rewrite& r);
[[nodiscard]] Absorbed apply(const Kinked& op, const Rewrite& r);

/// All other ops pass gauges on or keep them away.
template <class T>
[[nodiscard]] Absorbed apply(const T&, const Rewrite&) {
  return {};
}

/// Throws Refused where numbers of a node (padding values, bounds, kinks), as stored, are so much larger than they were
/// that the weights that read them vanish.
void require_readable(const Rewrite& r, const AffineMap& map, const std::vector<double>& stored);
/// Zeros around an input whose gauge has a shift are that shift: the conv gets a padding value per channel.
void give_pad_value(const Rewrite& r, const Conv& op);
/// Padding values per channel take the gauges `vars` of what they pad: they stay what they were in the old ones.
void rewrite_pad_value(const Rewrite& r, const std::vector<VarId>& vars);

}  // namespace banoff::gauge
