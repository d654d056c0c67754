#include "folding/optimal/state.hpp"

#include <algorithm>
#include <cmath>

namespace banoff::gauge {

namespace {

/// Ratios are products of a few hundred factors at most: what differs by more is another number.
constexpr double rounding = 1e-10;

bool alike(double x, double y, double size) { return std::abs(x - y) <= rounding * size; }

}  // namespace

State::State(const Problem& problem) : scales_(problem.scales.size()), offsets_(problem.offsets.size()) {
  for (std::size_t i = 0; i < scales_.size(); ++i) scales_[i].sign = problem.scales[i].positive ? 1 : 0;
  scales_[index(ground)].sign = 1;
  for (std::size_t i = 0; i < offsets_.size(); ++i) {
    if (problem.offsets[i].zero) offsets_[i].value = 0.0;
  }
}

State::Scale State::scale(ClassId id) const {
  double ratio = 1;
  while (scales_[index(id)].parent != none) {
    ratio *= scales_[index(id)].ratio;
    id = scales_[index(id)].parent;
  }
  return {id, ratio};
}

State::Offset State::offset(ClassId id) const {
  double factor = 1;
  double plus = 0;
  while (offsets_[index(id)].parent != none) {
    const OffsetNode& node = offsets_[index(id)];
    plus += factor * node.plus;
    factor *= node.factor;
    id = node.parent;
  }
  return {id, factor, plus};
}

State::ScaleNode& State::change_scale(ClassId id) {
  scale_trail_.emplace_back(id, scales_[index(id)]);
  return scales_[index(id)];
}

State::OffsetNode& State::change_offset(ClassId id) {
  offset_trail_.emplace_back(id, offsets_[index(id)]);
  return offsets_[index(id)];
}

void State::back_to(const Moment& then) {
  for (; scale_trail_.size() > then.scales; scale_trail_.pop_back()) {
    const auto& [id, node] = scale_trail_.back();
    scales_[index(id)] = node;
  }
  for (; offset_trail_.size() > then.offsets; offset_trail_.pop_back()) {
    const auto& [id, node] = offset_trail_.back();
    offsets_[index(id)] = node;
  }
}

bool State::relate_scales(const Channel& channel) {
  Scale x = scale(channel.x_scale);
  Scale y = scale(channel.y_scale);
  y.ratio *= channel.a;  // x.ratio s_xroot = y.ratio s_yroot
  if (x.root == y.root) return alike(x.ratio, y.ratio, std::abs(x.ratio));
  if (scales_[index(x.root)].size > scales_[index(y.root)].size) std::swap(x, y);
  const double ratio = y.ratio / x.ratio;
  const int child_sign = scales_[index(x.root)].sign;
  const int root_sign = scales_[index(y.root)].sign;
  const int wanted = ratio < 0 ? -child_sign : child_sign;
  if (wanted != 0 && root_sign != 0 && wanted != root_sign) return false;
  ScaleNode& child = change_scale(x.root);
  child.parent = y.root;
  child.ratio = ratio;
  ScaleNode& root = change_scale(y.root);
  root.size += scales_[index(x.root)].size;
  if (wanted != 0) root.sign = wanted;
  return true;
}

bool State::set_value(ClassId root, double value, double size) {
  const std::optional<double>& known = offsets_[index(root)].value;
  if (known) return alike(*known, value, std::max(size, std::abs(value)));
  change_offset(root).value = value;
  return true;
}

bool State::relate_offsets(const Channel& channel) {
  // o_y = a o_x - d, with o_x = x.factor r_x + x.plus and o_y = y.factor r_y + y.plus.
  const Offset x = offset(channel.x_offset);
  const Offset y = offset(channel.y_offset);
  const double through = channel.a * x.factor;
  const double plus = channel.a * x.plus - channel.d;
  const double size = std::abs(channel.a * x.plus) + std::abs(channel.d) + std::abs(y.plus);
  if (x.root == y.root) return alike(plus, y.plus, size);  // the factors agree because the scales do
  const bool y_below = offsets_[index(y.root)].size <= offsets_[index(x.root)].size;
  const ClassId child_id = y_below ? y.root : x.root;
  const ClassId root_id = y_below ? x.root : y.root;
  const double factor = y_below ? through / y.factor : y.factor / through;
  const double shift = y_below ? (plus - y.plus) / y.factor : (y.plus - plus) / through;
  const double shift_size = size / std::abs(y_below ? y.factor : through);
  if (const std::optional<double> known = offsets_[index(child_id)].value) {
    if (!set_value(root_id, (*known - shift) / factor, (std::abs(*known) + shift_size) / std::abs(factor)))
      return false;
  }
  OffsetNode& child = change_offset(child_id);
  child.parent = root_id;
  child.factor = factor;
  child.plus = shift;
  change_offset(root_id).size += offsets_[index(child_id)].size;
  return true;
}

bool State::relate(const Channel& channel) {
  ++work_;
  return relate_scales(channel) && relate_offsets(channel);
}

bool State::add(const Item& item) {
  const Moment before = now();
  for (const Channel& channel : item.channels) {
    if (relate(channel)) continue;
    back_to(before);
    return false;
  }
  return true;
}

bool State::fix(ClassId id, double value) {
  const Offset at = offset(id);
  return set_value(at.root, (value - at.plus) / at.factor, (std::abs(value) + std::abs(at.plus)) / std::abs(at.factor));
}

std::vector<Equation> State::equations(const std::vector<OffsetSum>& sums) const {
  std::vector<Equation> result;
  for (const OffsetSum& sum : sums) {
    Equation equation;
    for (const auto& [coefficient, id] : sum) {
      const Offset at = offset(id);
      const std::optional<double>& known = offsets_[index(at.root)].value;
      equation.add_known(coefficient * at.plus);
      if (known) equation.add_known(coefficient * at.factor * *known);
      else equation.add(at.root, coefficient * at.factor);
    }
    result.push_back(std::move(equation));
  }
  return result;
}

}  // namespace banoff::gauge
