#include "folding/optimal/account.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "folding/optimal/state.hpp"
#include "folding/optimal/witness.hpp"
#include "folding/weights.hpp"

namespace banoff::gauge {

namespace {

/// The scale classes that a value's channels are in, each once.
std::vector<VarId> classes_of(const System& system, ValueId value) {
  std::vector<VarId> result;
  const auto [first, last] = system.range(value);
  for (VarId var = first; var < last; ++var) result.push_back(system.scales().root(var));
  std::ranges::sort(result);
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

Refused refused(const Witness& witness) { return {witness.mark->blocker, witness.mark->witness, witness.path}; }

/// Everything about one norm that cannot go even alone.
class Forbidden {
 public:
  Forbidden(const System& system, const Readers& readers, const Node& norm, const Item& item)
      : system_(system),
        readers_(readers),
        item_(item),
        x_value_(norm.inputs[0]),
        y_value_(norm.outputs[0]),
        x_(system.along(x_value_, map_axis(norm, system.shape(x_value_)))),
        y_(system.along(y_value_, map_axis(norm, system.shape(x_value_)))) {}

  [[nodiscard]] Refused why() const {
    if (const std::optional<Refused> pins = pinned_on_both_sides()) return *pins;
    if (const std::optional<Refused> sign = held_positive()) return *sign;
    if (const std::optional<Refused> shift = held_at_zero()) return *shift;
    return {Blocker::conflict, system_.graph().node(item_.node).name};
  }

 private:
  [[nodiscard]] std::optional<Refused> pinned_on_both_sides() const {
    const auto pin = [&](VarId var) { return system_.pinned(var); };
    for (std::size_t c = 0; c < x_.size(); ++c) {
      if (item_.channels[c].x_scale != ground || item_.channels[c].y_scale != ground) continue;
      const Witness x = nearest(system_, readers_, system_.scales(), x_value_, x_[c], pin);
      const Witness y = nearest(system_, readers_, system_.scales(), y_value_, y_[c], pin);
      // An activation on one side is the common case; what holds the other side tells more.
      return refused(y.mark->blocker == Blocker::activation ? x : y);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Refused> held_positive() const {
    const auto positive = [&](VarId var) {
      return system_.sign_fixed(var) ? system_.sign_fixed(var) : system_.pinned(var);
    };
    for (std::size_t c = 0; c < x_.size(); ++c) {
      if (item_.channels[c].a > 0) continue;
      const Witness x = nearest(system_, readers_, system_.scales(), x_value_, x_[c], positive);
      const Witness y = nearest(system_, readers_, system_.scales(), y_value_, y_[c], positive);
      if (!x.mark || !y.mark) continue;
      Refused sign = refused(y);
      sign.blocker = Blocker::sign;
      return sign;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Refused> held_at_zero() const {
    const auto zero = [&](VarId var) {
      return system_.shift_fixed(var) ? system_.shift_fixed(var) : system_.pinned(var);
    };
    for (std::size_t c = 0; c < x_.size(); ++c) {
      const Witness x = nearest(system_, readers_, system_.gauges(), x_value_, x_[c], zero);
      const Witness y = nearest(system_, readers_, system_.gauges(), y_value_, y_[c], zero);
      // A conv's padding on one side tells more than the activation on the other.
      if (y.mark && (!x.mark || y.mark->blocker != Blocker::activation)) return refused(y);
      if (x.mark) return refused(x);
    }
    return std::nullopt;
  }

  const System& system_;
  const Readers& readers_;
  const Item& item_;
  ValueId x_value_, y_value_;
  std::vector<VarId> x_, y_;
};

}  // namespace

Account::Account(const System& system, const std::map<NodeId, Absorbed>& absorbed, const std::vector<NodeId>& removed)
    : system_(system) {
  for (const NodeId id : removed) {
    const Node& norm = system.graph().node(id);
    for (const VarId root : classes_of(system, norm.outputs[0])) removed_before_[root].push_back(id);
    for (const VarId root : classes_of(system, norm.inputs[0])) removed_behind_[root].push_back(id);
  }
  for (const auto& [id, how] : absorbed) {
    const Node& node = system.graph().node(id);
    if (how.of_input || how.clamp) {
      for (const VarId root : classes_of(system, node.inputs.at(0))) {
        if (how.of_input) around_[root].readers.push_back(id);
        around_[root].clamp = around_[root].clamp || how.clamp;
      }
    }
    if (!how.of_output) continue;
    for (const VarId root : classes_of(system, node.outputs[0])) around_[root].writers.push_back(id);
  }
}

Account::Nearby Account::around(ValueId value) const {
  Nearby all;
  for (const VarId root : classes_of(system_, value)) {
    const auto found = around_.find(root);
    if (found == around_.end()) continue;
    all.writers.insert(found->second.writers.begin(), found->second.writers.end());
    all.readers.insert(found->second.readers.begin(), found->second.readers.end());
    all.clamp = all.clamp || found->second.clamp;
  }
  return all;
}

void Account::takers(NodeId norm, bool before, std::set<NodeId>& seen, std::set<NodeId>& result) const {
  if (!seen.insert(norm).second) return;
  const Node& node = system_.graph().node(norm);
  const ValueId side = before ? node.inputs[0] : node.outputs[0];
  const Nearby nearby = around(side);
  const std::set<NodeId>& nodes = before ? nearby.writers : nearby.readers;
  result.insert(nodes.begin(), nodes.end());
  if (!nodes.empty()) return;
  const auto& removed = before ? removed_before_ : removed_behind_;
  for (const VarId root : classes_of(system_, side)) {
    const auto found = removed.find(root);
    if (found == removed.end()) continue;
    for (const NodeId other : found->second) takers(other, before, seen, result);
  }
}

FoldedNorm Account::of(NodeId id) const {
  const Graph& graph = system_.graph();
  const Node& node = graph.node(id);
  FoldedNorm norm;
  norm.name = node.name;
  norm.where = node.where.str();
  norm.folded = true;
  const Nearby x = around(node.inputs[0]);
  const Nearby y = around(node.outputs[0]);
  norm.clamp = x.clamp || y.clamp;
  std::set<NodeId> into = x.writers;
  into.insert(y.readers.begin(), y.readers.end());
  if (into.empty()) {
    for (const bool before : {true, false}) {
      std::set<NodeId> seen;
      takers(id, before, seen, into);
    }
  }
  std::set<NodeId> inverse = x.readers;
  inverse.insert(y.writers.begin(), y.writers.end());
  for (const NodeId each : into) norm.into.push_back(graph.node(each).name);
  for (const NodeId each : inverse) {
    if (!into.contains(each)) norm.inverse.push_back(graph.node(each).name);
  }
  return norm;
}

Refused why_left(const System& system, const Readers& readers, const Problem& problem, const Selection& selection,
                 State& state, std::size_t at) {
  const Item& item = problem.items[at];
  const Node& norm = system.graph().node(item.node);
  const State::Moment before = state.now();
  const bool alone = state.add(item) && state.satisfies(problem.sums);
  const auto conflicts = [&](std::size_t other) { return !state.add(problem.items[other]); };
  const auto other = alone ? std::ranges::find_if(selection.chosen, conflicts) : selection.chosen.end();
  state.back_to(before);
  if (!alone) return Forbidden(system, readers, norm, item).why();
  if (other == selection.chosen.end()) return {Blocker::conflict, "the sums of other norms"};
  return {Blocker::conflict, system.graph().node(problem.items[*other].node).name};
}

}  // namespace banoff::gauge
