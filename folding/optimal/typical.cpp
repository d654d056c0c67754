#include "folding/optimal/typical.hpp"

#include <algorithm>

#include "folding/weights.hpp"

namespace banoff::gauge {

namespace {

/// Whether a value comes from outside: nothing has rounded it yet.
bool is_exact(const Graph& graph, ValueId value) { return graph.value(value).producer == none; }

/// y = a x + d. Both terms are rounded at their size, unless x is exact and the map a single addition or product.
Typical behind(const Typical& x, double a, double d, bool rounds_terms) {
  Typical y{a * x.center + d, std::abs(a) * x.spread, 0};
  y.noise = y.size(0) + (rounds_terms ? std::abs(a) * x.noise + std::abs(d) : 0.0);
  return y;
}

Typical before(const Typical& y, double a, double d) {
  Typical x{(y.center - d) / a, y.spread / std::abs(a), 0};
  x.noise = x.size(0);
  return x;
}

bool rounds_terms(const Graph& graph, const Node& affine) {
  const auto* op = affine.as<Affine>();
  return !is_exact(graph, affine.inputs[0]) || (op->scale && op->shift);
}

}  // namespace

Statistics::Statistics(const System& system, const Problem& problem)
    : system_(system), problem_(problem), by_offset_(problem.offsets.size()), by_scale_(problem.scales.size()) {
  std::vector<const Node*> maps;
  for (const Node& node : system.graph().live()) {
    if (node.as<BatchNorm>()) note_norm(node);
    if (node.as<GroupNorm>() || node.as<LayerNorm>()) note_normalized(node);
    if (node.as<Affine>()) maps.push_back(&node);
  }
  for (const Node* map : maps) carry_forward(*map);
  std::ranges::reverse(maps);
  for (const Node* map : maps) carry_back(*map);
}

const Typical* Statistics::of(ClassId offset_class) const {
  if (const std::optional<Typical>& own = by_offset_[index(offset_class)]) return &*own;
  const std::optional<Typical>& shared = by_scale_[index(problem_.offsets[index(offset_class)].scale)];
  return shared ? &*shared : nullptr;
}

void Statistics::note(VarId var, const Typical& typical) {
  std::optional<Typical>& first = by_offset_[index(problem_.offset_of[index(var)])];
  if (!first) first = typical;
}

void Statistics::note_scale(VarId var, const Typical& typical) {
  std::optional<Typical>& widest = by_scale_[index(problem_.scale_of[index(var)])];
  if (!widest) widest.emplace();
  widest->spread = widest->noise = std::max(widest->spread, typical.size(0));
}

void Statistics::note_norm(const Node& norm) {
  const Graph& graph = system_.graph();
  const std::vector<double> mean = values_of(graph, norm, Slot::mean, 0, 0);
  const std::vector<double> var = values_of(graph, norm, Slot::var, mean.size(), 1);
  const std::vector<double> beta = values_of(graph, norm, Slot::bias, mean.size(), 0);
  const std::vector<double> gamma = values_of(graph, norm, Slot::weight, mean.size(), 1);
  const std::vector<VarId> xs = system_.along(norm.inputs[0], 1);
  const std::vector<VarId> ys = system_.along(norm.outputs[0], 1);
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const double sigma = std::sqrt(var[c] + norm.as<BatchNorm>()->eps);
    Typical x{mean[c], sigma, 0}, y{beta[c], std::abs(gamma[c]), 0};
    x.noise = x.size(0);
    y.noise = y.size(0) + std::abs(gamma[c]) / sigma * x.noise;
    note(xs[c], x), note_scale(xs[c], x);
    note(ys[c], y), note_scale(ys[c], y);
  }
}

void Statistics::note_normalized(const Node& norm) {
  const auto [first, last] = system_.range(norm.outputs[0]);
  for (VarId var = first; var < last; ++var) note(var, {0, 1, 1});
}

/// Calls f(variable before, variable behind, a, d) for every channel.
template <class F>
void Statistics::for_channels(const Node& affine, F&& f) const {
  const AffineMap map = affine_map(system_.graph(), affine);
  const std::size_t axis = map_axis(affine, system_.shape(affine.inputs[0]));
  const std::vector<VarId> xs = system_.along(affine.inputs[0], axis);
  const std::vector<VarId> ys = system_.along(affine.outputs[0], axis);
  for (std::size_t c = 0; c < xs.size(); ++c) {
    if (map.scale[c] != 0.0) f(xs[c], ys[c], map.scale[c], map.shift[c]);
  }
}

void Statistics::carry_forward(const Node& affine) {
  const bool rounds = rounds_terms(system_.graph(), affine);
  for_channels(affine, [&](VarId x, VarId y, double a, double d) {
    const std::optional<Typical>& known = by_offset_[index(problem_.offset_of[index(x)])];
    if (known) note(y, behind(*known, a, d, rounds));
  });
}

void Statistics::carry_back(const Node& affine) {
  const bool rounds = rounds_terms(system_.graph(), affine);
  for_channels(affine, [&](VarId x, VarId y, double a, double d) {
    const std::optional<Typical>& known = by_offset_[index(problem_.offset_of[index(y)])];
    const Typical assumed = before(known.value_or(Typical{0, 1, 1}), a, d);
    note(y, behind(assumed, a, d, rounds));
    note(x, assumed);
  });
}

}  // namespace banoff::gauge
