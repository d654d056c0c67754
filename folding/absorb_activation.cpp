// Piecewise linear activations in another gauge. With stored = s x + h, what was a bound at b is one at s b + h, and
// for s < 0 lower and upper trade places; a kink moves in the same way and its two slopes trade places.
#include <limits>

#include "folding/rewrite.hpp"

namespace banoff::gauge {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// min(max(x, lower), upper), per channel or one for all; infinite where there is no bound.
struct Bounds {
  std::vector<double> lower, upper;
};

/// kink + (x - kink) * (x < kink ? below : above), per channel or one for all.
struct Kinks {
  std::vector<double> kink, below, above;
};

std::vector<double> spread(const std::vector<double>& values, std::size_t channels) {
  return values.size() == channels ? values : std::vector<double>(channels, values.at(0));
}

/// A bound moved by the channel's map; an absent one (infinite) stays absent. A scale of 0 leaves one value.
double moved(double bound, double scale, double shift) {
  if (scale == 0.0) return shift;
  return std::abs(bound) == infinity ? (scale < 0 ? -bound : bound) : scale * bound + shift;
}

/// Whether an activation whose only kink is at 0 stays what it is.
bool is_plain(const AffineMap& map) {
  return std::ranges::all_of(map.scale, [](double s) { return s > 0.0; }) &&
         std::ranges::all_of(map.shift, [](double h) { return h == 0.0; });
}

Bounds moved(const Bounds& bounds, const AffineMap& map) {
  const std::size_t channels = map.scale.size();
  const std::vector<double> lower = spread(bounds.lower, channels);
  const std::vector<double> upper = spread(bounds.upper, channels);
  Bounds result{std::vector<double>(channels), std::vector<double>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double a = moved(lower[c], map.scale[c], map.shift[c]);
    const double b = moved(upper[c], map.scale[c], map.shift[c]);
    result.lower[c] = std::min(a, b);
    result.upper[c] = std::max(a, b);
  }
  return result;
}

Kinks moved(const Kinks& kinks, const AffineMap& map) {
  const std::size_t channels = map.scale.size();
  Kinks result{spread(kinks.kink, channels), spread(kinks.below, channels), spread(kinks.above, channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    result.kink[c] = map.scale[c] * result.kink[c] + map.shift[c];
    if (map.scale[c] < 0) std::swap(result.below[c], result.above[c]);
  }
  return result;
}

/// Gives the node what the bounds become under the map.
void set_bounds(const Rewrite& r, std::size_t axis, const Bounds& original, const AffineMap& map) {
  const Bounds bounds = moved(original, map);
  require_readable(r, map, bounds.lower);
  require_readable(r, map, bounds.upper);
  const DType type = r.weights().new_type();
  Clamp op{static_cast<std::int64_t>(axis), false, false};
  const auto finite = [](double bound) { return std::isfinite(bound); };
  op.lower = std::ranges::any_of(bounds.lower, finite);
  op.upper = std::ranges::any_of(bounds.upper, finite);
  const Shape length{std::ssize(bounds.lower)};
  r.node().op = op;
  std::erase_if(r.node().params, [&](const auto& param) {
    return (param.first == Slot::lower && !op.lower) || (param.first == Slot::upper && !op.upper);
  });
  if (op.lower) r.weights().set(r.id(), Slot::lower, length, bounds.lower, type);
  if (op.upper) r.weights().set(r.id(), Slot::upper, length, bounds.upper, type);
}

void set_kinks(const Rewrite& r, std::size_t axis, const Kinks& original, const AffineMap& map) {
  const Kinks kinks = moved(original, map);
  require_readable(r, map, kinks.kink);
  const DType type = r.weights().new_type();
  r.node().op = Kinked{static_cast<std::int64_t>(axis)};
  std::erase_if(r.node().params, [](const auto& param) { return param.first == Slot::weight; });
  const Shape length{std::ssize(kinks.kink)};
  r.weights().set(r.id(), Slot::kink, length, kinks.kink, type);
  r.weights().set(r.id(), Slot::below, length, kinks.below, type);
  r.weights().set(r.id(), Slot::above, length, kinks.above, type);
}

}  // namespace

Absorbed apply(const Activation& op, const Rewrite& r) {
  if (!r.done().of_input) return {};
  const std::size_t axis = r.system().axis_of(r.node().inputs[0]);
  const bool clip = op.kind == ActivationKind::clip;
  const AffineMap map = r.passes(axis, !clip);
  if (!clip && is_plain(map)) return {};
  if (clip) set_bounds(r, axis, Bounds{{op.alpha}, {op.beta}}, map);
  else if (op.kind == ActivationKind::relu) set_bounds(r, axis, Bounds{{0.0}, {infinity}}, map);
  else set_kinks(r, axis, Kinks{{0.0}, {op.alpha}, {1.0}}, map);
  return r.done_with_clamp();
}

Absorbed apply(const PRelu&, const Rewrite& r) {
  if (!r.done().of_input) return {};
  const AffineMap map = r.passes(1, true);
  if (is_plain(map)) return {};
  const Tensor slope = *r.weights().graph().param(r.node(), Slot::weight);
  set_kinks(r, 1, Kinks{{0.0}, slope.to_vector<double>(), {1.0}}, map);
  return r.done_with_clamp();
}

Absorbed apply(const Clamp& op, const Rewrite& r) {
  if (!r.done().of_input) return {};
  const std::size_t axis = resolve_axis(op.axis, r.system().shape(r.node().inputs[0]).rank());
  const AffineMap map = r.passes(axis, false);
  const Bounds bounds{r.weights().get(r.id(), Slot::lower, map.scale.size(), -infinity),
                      r.weights().get(r.id(), Slot::upper, map.scale.size(), infinity)};
  set_bounds(r, axis, bounds, map);
  return r.done_with_clamp();
}

Absorbed apply(const Kinked& op, const Rewrite& r) {
  if (!r.done().of_input) return {};
  const std::size_t axis = resolve_axis(op.axis, r.system().shape(r.node().inputs[0]).rank());
  const AffineMap map = r.passes(axis, false);
  const Kinks kinks{r.weights().get(r.id(), Slot::kink, map.scale.size(), 0.0),
                    r.weights().get(r.id(), Slot::below, map.scale.size(), 0.0),
                    r.weights().get(r.id(), Slot::above, map.scale.size(), 0.0)};
  set_kinks(r, axis, kinks, map);
  return r.done_with_clamp();
}

}  // namespace banoff::gauge
