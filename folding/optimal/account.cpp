#include "folding/optimal/account.hpp"

#include <algorithm>
#include <set>

#include "folding/optimal/state.hpp"

namespace banoff::gauge {

namespace {

/// The scale classes that a value's channels are in.
std::set<VarId> classes_of(const System& system, ValueId value) {
  std::set<VarId> result;
  const auto [first, last] = system.range(value);
  for (VarId var = first; var < last; ++var) result.insert(system.scales().root(var));
  return result;
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

Account::Account(const System& system, const std::map<NodeId, Absorbed>& absorbed) : system_(system) {
  for (const auto& [id, how] : absorbed) {
    const Node& node = system.graph().node(id);
    if (how.of_input || how.clamp) {
      for (const VarId root : classes_of(system, node.inputs.at(0))) {
        if (how.of_input) around_[root].readers.insert(id);
        around_[root].clamp = around_[root].clamp || how.clamp;
      }
    }
    if (!how.of_output) continue;
    for (const VarId root : classes_of(system, node.outputs[0])) around_[root].writers.insert(id);
  }
}

Account::Around Account::around(ValueId value) const {
  Around all;
  for (const VarId root : classes_of(system_, value)) {
    const auto found = around_.find(root);
    if (found == around_.end()) continue;
    all.writers.insert(found->second.writers.begin(), found->second.writers.end());
    all.readers.insert(found->second.readers.begin(), found->second.readers.end());
    all.clamp = all.clamp || found->second.clamp;
  }
  return all;
}

FoldedNorm Account::of(NodeId id) const {
  const Graph& graph = system_.graph();
  const Node& node = graph.node(id);
  FoldedNorm norm;
  norm.name = node.name;
  norm.where = node.where.str();
  norm.folded = true;
  const Around x = around(node.inputs[0]);
  const Around y = around(node.outputs[0]);
  norm.clamp = x.clamp || y.clamp;
  std::set<NodeId> into = x.writers;
  into.insert(y.readers.begin(), y.readers.end());
  std::set<NodeId> inverse = x.readers;
  inverse.insert(y.writers.begin(), y.writers.end());
  for (const NodeId each : into) norm.into.push_back(graph.node(each).name);
  for (const NodeId each : inverse) {
    if (!into.contains(each)) norm.inverse.push_back(graph.node(each).name);
  }
  return norm;
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
