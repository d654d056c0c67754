#include "folding/optimal/account.hpp"

#include <algorithm>
#include <set>

#include "folding/optimal/state.hpp"

namespace banoff::gauge {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// The scale classes that a value's channels are in.
std::set<VarId> classes_of(const System& system, ValueId value) {
  std::set<VarId> result;
  const auto [first, last] = system.range(value);
  for (VarId var = first; var < last; ++var) result.insert(system.scales().root(var));
  return result;
}

bool meets(const System& system, const std::vector<ValueId>& values, const std::set<VarId>& classes) {
  return std::ranges::any_of(values, [&](ValueId value) {
    return std::ranges::any_of(classes_of(system, value), [&](VarId root) { return classes.contains(root); });
  });
}

/// The first mark of a kind in the scale class of a variable.
const Mark* mark_in_class(const System& system, VarId var, const Mark* (System::*kind)(VarId) const) {
  const Mark* found = nullptr;
  system.scales().for_members(var, [&](VarId member) {
    if (!found) found = (system.*kind)(member);
  });
  return found;
}

/// What holds an item that cannot go even alone. The output's side comes first: that is where a norm goes when it is
/// folded back.
Refused forbidden(const System& system, const Node& norm, const Item& item) {
  const std::vector<VarId> x = system.along(norm.inputs[0], 1);
  const std::vector<VarId> y = system.along(norm.outputs[0], 1);
  for (std::size_t c = 0; c < x.size(); ++c) {
    const Mark* x_pin = mark_in_class(system, x[c], &System::pinned);
    const Mark* y_pin = mark_in_class(system, y[c], &System::pinned);
    if (x_pin && y_pin && item.channels[c].a != 1.0) {
      // An activation on one side is the common case; what holds the other side tells more.
      const Mark& telling = y_pin->blocker == Blocker::activation ? *x_pin : *y_pin;
      return {telling.blocker, telling.witness};
    }
  }
  for (std::size_t c = 0; c < x.size(); ++c) {
    const Mark* sign = mark_in_class(system, y[c], &System::sign_fixed);
    if (!sign) sign = mark_in_class(system, x[c], &System::sign_fixed);
    if (item.channels[c].a < 0 && sign) return {Blocker::sign, sign->witness};
  }
  for (std::size_t c = 0; c < x.size(); ++c) {
    for (const VarId var : {x[c], y[c]}) {
      const Mark* zero = nullptr;
      system.gauges().for_members(var, [&](VarId member) {
        if (!zero) zero = system.shift_fixed(member) ? system.shift_fixed(member) : system.pinned(member);
      });
      if (zero) return {zero->blocker, zero->witness};
    }
  }
  return {Blocker::conflict, norm.name};
}

}  // namespace

void account_for(FoldedNorm& norm, const System& system, const Item& item, const std::map<NodeId, Absorbed>& absorbed) {
  const Graph& graph = system.graph();
  const Node& self = graph.node(item.node);
  const std::set<VarId> x = classes_of(system, self.inputs[0]);
  const std::set<VarId> y = classes_of(system, self.outputs[0]);
  norm.folded = true;
  norm.into.clear();
  norm.inverse.clear();
  for (const auto& [id, how] : absorbed) {
    const Node& node = graph.node(id);
    const bool took = (how.of_output && meets(system, node.outputs, x)) || (how.of_input && meets(system, node.inputs, y));
    const bool undid = (how.of_input && meets(system, node.inputs, x)) || (how.of_output && meets(system, node.outputs, y));
    if (took) norm.into.push_back(node.name);
    else if (undid) norm.inverse.push_back(node.name);
    if (how.clamp && (meets(system, node.inputs, x) || meets(system, node.inputs, y))) norm.clamp = true;
  }
}

Refused why_left(const System& system, const Problem& problem, const Selection& selection, std::size_t at) {
  const Item& item = problem.items[at];
  const Node& norm = system.graph().node(item.node);
  State state(problem);
  if (!state.add(item) || !state.satisfies(problem.sums)) return forbidden(system, norm, item);
  for (const std::size_t other : selection.chosen) {
    if (!state.add(problem.items[other])) {
      return {Blocker::conflict, system.graph().node(problem.items[other].node).name};
    }
  }
  return {Blocker::conflict, "the sums of other norms"};
}

}  // namespace banoff::gauge
