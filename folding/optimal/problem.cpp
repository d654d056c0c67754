#include "folding/optimal/problem.hpp"

#include <map>

#include "folding/weights.hpp"

namespace banoff::gauge {

namespace {

/// Numbers the classes of the system. A pin anywhere in a scale class pins the whole class.
void number_classes(const System& system, Problem& problem) {
  const std::size_t count = system.variables();
  std::vector<ClassId> scale_at(count, none);
  std::vector<ClassId> offset_at(count, none);
  problem.scales.emplace_back();
  problem.scale_of.resize(count);
  problem.offset_of.resize(count);
  for (VarId var = 0; index(var) < count; ++var) {
    if (system.pinned(var)) scale_at[index(system.scales().root(var))] = ground;
  }
  for (VarId var = 0; index(var) < count; ++var) {
    ClassId& scale = scale_at[index(system.scales().root(var))];
    if (scale == none) {
      scale = static_cast<ClassId>(problem.scales.size());
      problem.scales.emplace_back();
    }
    ClassId& offset = offset_at[index(system.gauges().root(var))];
    if (offset == none) {
      offset = static_cast<ClassId>(problem.offsets.size());
      problem.offsets.push_back({scale, nullptr});
    }
    problem.scale_of[index(var)] = scale;
    problem.offset_of[index(var)] = offset;
    const Mark* zero = system.pinned(var) ? system.pinned(var) : system.shift_fixed(var);
    if (zero && !problem.offsets[index(offset)].zero) problem.offsets[index(offset)].zero = zero;
    const Mark* positive = system.sign_fixed(var);
    if (positive && !problem.scales[index(scale)].positive) problem.scales[index(scale)].positive = positive;
  }
}

/// The sum over classes; empty where it says nothing.
OffsetSum over_classes(const Sum& sum, const Problem& problem) {
  std::map<ClassId, double> terms;
  for (const auto& [coefficient, var] : sum) terms[problem.offset_of[index(var)]] += coefficient;
  OffsetSum result;
  for (const auto& [offset, coefficient] : terms) {
    if (coefficient != 0.0) result.emplace_back(coefficient, offset);
  }
  return result;
}

}  // namespace

Problem make_problem(const System& system, const std::vector<std::pair<NodeId, double>>& candidates) {
  Problem problem;
  number_classes(system, problem);
  for (const Sum& sum : system.sums()) {
    OffsetSum terms = over_classes(sum, problem);
    if (!terms.empty()) problem.sums.push_back(std::move(terms));
  }
  for (const auto& [id, weight] : candidates) {
    const Node& node = system.graph().node(id);
    const AffineMap map = affine_map(system.graph(), node);
    const std::size_t axis = map_axis(node, system.shape(node.inputs[0]));
    const std::vector<VarId> x = system.along(node.inputs[0], axis);
    const std::vector<VarId> y = system.along(node.outputs[0], axis);
    Item item{id, weight, {}};
    for (std::size_t c = 0; c < x.size(); ++c) {
      item.channels.push_back({problem.scale_of[index(x[c])], problem.scale_of[index(y[c])],
                               problem.offset_of[index(x[c])], problem.offset_of[index(y[c])], map.scale[c],
                               map.shift[c]});
    }
    problem.items.push_back(std::move(item));
  }
  return problem;
}

}  // namespace banoff::gauge
