#include "folding/optimal/assign.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "folding/linear_op.hpp"
#include "folding/optimal/state.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::gauge {

namespace {

/// Sums that share an offset, directly or by way of others: most networks have a small group per channel.
class SumGroups {
 public:
  SumGroups(const Problem& problem, const State& state) {
    for (std::size_t i = 0; i < problem.offsets.size(); ++i) (void)groups_.add();
    const auto root = [&](const auto& term) { return static_cast<VarId>(state.offset(term.second).root); };
    for (const OffsetSum& sum : problem.sums) {
      for (const auto& term : sum) groups_.unite(root(sum.front()), root(term));
    }
    for (const OffsetSum& sum : problem.sums) sums_[groups_.root(root(sum.front()))].push_back(sum);
  }
  [[nodiscard]] const std::vector<OffsetSum>& around(ClassId root) const {
    return sums_.at(groups_.root(static_cast<VarId>(root)));
  }

 private:
  Classes groups_;
  std::map<VarId, std::vector<OffsetSum>> sums_;
};

class Assigner {
 public:
  Assigner(const System& system, const Problem& problem, const std::vector<std::size_t>& chosen)
      : system_(system), problem_(problem), state_(problem) {
    for (const std::size_t item : chosen) {
      removed_.insert(problem.items[item].node);
      if (!state_.add(problem.items[item])) fail_internal("the chosen batch norms do not go together");
      state_.settle();
    }
    scale_members_.resize(problem.scales.size());
    offset_members_.resize(problem.offsets.size());
    for (const ClassId id : problem.scale_of) ++scale_members_[index(id)];
    for (const ClassId id : problem.offset_of) ++offset_members_[index(id)];
  }

  Assignment run() {
    choose_offsets();
    choose_scales();
    Assignment result;
    for (std::size_t i = 0; i < system_.variables(); ++i) {
      const double scale = scale_at(problem_.scale_of[i]);
      const double offset = offset_at(problem_.offset_of[i]);
      if (scale != 1.0 || offset != 0.0) result.set(static_cast<VarId>(i), {scale, 1.0, scale * offset});
    }
    return result;
  }

 private:
  /// The variables of all activations that would rather have no offset.
  template <class F>
  void for_plain(F&& f) const {
    for (const ValueId value : system_.plain()) {
      const auto [first, last] = system_.range(value);
      for (VarId var = first; var < last; ++var) f(var);
    }
  }

  /// Offsets that nothing decides become zero: first those of activations, then those of most values. The sums keep an
  /// unknown each, to hold whatever the others become.
  void choose_offsets() {
    const std::vector<bool> avoid = better_zero();
    std::vector<Equation> bound = state_.equations(problem_.sums);
    const std::vector<ClassId> owned = private_unknowns(bound, avoid);
    std::vector<bool> kept(problem_.offsets.size()), entangled(problem_.offsets.size());
    for (const ClassId id : owned) kept[index(id)] = true;
    for (const Equation& equation : bound) {
      for (const auto& [unknown, coefficient] : equation.terms) entangled[index(unknown)] = true;
    }
    const SumGroups groups(problem_, state_);
    const auto zero = [&](ClassId id) {
      const ClassId root = state_.offset(id).root;
      if (state_.value_of(root) || kept[index(root)]) return;
      const State::Moment before = state_.now();
      const bool fits = state_.fix(id, 0.0);
      if (!fits || (entangled[index(root)] && !state_.satisfies(groups.around(root)))) state_.back_to(before);
      state_.settle();
    };
    for_plain([&](VarId var) { zero(problem_.offset_of[index(var)]); });
    for (const ClassId id : largest_first(offset_members_)) zero(id);
    const std::optional<Solution> solution = solve(state_.equations(problem_.sums), avoid);
    if (!solution) fail_internal("the chosen batch norms contradict a sum");
    for (const auto& [root, value] : *solution) (void)state_.fix(root, value);
  }

  /// Offsets that should not carry what a sum asks for, by root: of activations, and of what a layer reads, for which a
  /// large offset would hide the value.
  [[nodiscard]] std::vector<bool> better_zero() const {
    std::vector<bool> result(problem_.offsets.size());
    const auto mark = [&](VarId var) { result[index(state_.offset(problem_.offset_of[index(var)]).root)] = true; };
    for_plain(mark);
    for (const Node& node : system_.graph().live()) {
      if (!absorbs(system_.graph(), node)) continue;
      const auto [first, last] = system_.range(node.inputs[0]);
      for (VarId var = first; var < last; ++var) mark(var);
    }
    return result;
  }

  /// Classes by falling number of members; of equals the later one, which lies behind a batch norm, not before it.
  static std::vector<ClassId> largest_first(const std::vector<std::int32_t>& members) {
    std::vector<std::pair<std::int32_t, ClassId>> keys;
    for (std::size_t i = 0; i < members.size(); ++i) keys.emplace_back(members[i], static_cast<ClassId>(i));
    std::ranges::sort(keys, std::greater());
    std::vector<ClassId> order;
    for (const auto& [count, id] : keys) order.push_back(id);
    return order;
  }

  /// Scale classes in the order in which they would keep what they store: those beside plain additions first, which
  /// with a factor would be rounded at the size of their terms; then those with activations.
  [[nodiscard]] std::vector<ClassId> keepers() const {
    std::vector<int> rank(problem_.scales.size(), 2);
    for (std::size_t i = 0; i < rank.size(); ++i) rank[i] = problem_.scales[i].positive != nullptr ? 1 : 2;
    for_plain([&](VarId var) { rank[index(problem_.scale_of[index(var)])] = 1; });
    for (const NodeId id : system_.graph().live_ids()) {
      const Node& node = system_.graph().node(id);
      const auto* affine = node.as<Affine>();
      if (!affine || affine->scale || removed_.contains(id)) continue;
      for (const ValueId value : {node.inputs[0], node.outputs[0]}) {
        const auto [first, last] = system_.range(value);
        for (VarId var = first; var < last; ++var) rank[index(problem_.scale_of[index(var)])] = 0;
      }
    }
    std::vector<ClassId> order = largest_first(scale_members_);
    std::ranges::stable_sort(order, {}, [&](ClassId id) { return rank[index(id)]; });
    return order;
  }

  /// Every component of scales has one to choose: a class keeps what it stores, up to the sign that the most
  /// activations without an offset want to be positive.
  void choose_scales() {
    unit_.assign(problem_.scales.size(), 0.0);
    for (const ClassId id : keepers()) {
      const State::Scale at = state_.scale(id);
      if (unit_[index(at.root)] == 0.0) unit_[index(at.root)] = at.ratio;
    }
    const State::Scale base = state_.scale(ground);
    unit_[index(base.root)] = base.ratio;
    std::vector<std::int64_t> votes(problem_.scales.size());
    for_plain([&](VarId var) {
      const State::Scale at = state_.scale(problem_.scale_of[index(var)]);
      if (offset_at(problem_.offset_of[index(var)]) == 0.0) votes[index(at.root)] += at.ratio > 0 ? 1 : -1;
    });
    for (std::size_t root = 0; root < unit_.size(); ++root) {
      if (unit_[root] == 0.0 || static_cast<ClassId>(root) == base.root) continue;
      const int decided = state_.sign_of(static_cast<ClassId>(root));
      const bool negative = decided != 0 ? decided < 0 : votes[root] < 0;
      // The root's scale is 1 / unit.
      if ((decided != 0 || votes[root] != 0) && negative != (unit_[root] < 0)) unit_[root] = -unit_[root];
    }
  }

  [[nodiscard]] double scale_at(ClassId id) const {
    const State::Scale at = state_.scale(id);
    return at.ratio / unit_[index(at.root)];
  }
  /// What should cancel to zero is zero: demands of no offset hold to the bit.
  [[nodiscard]] double offset_at(ClassId id) const {
    const State::Offset at = state_.offset(id);
    const double value = at.factor * state_.value_of(at.root).value_or(0.0);
    constexpr double rounding = 1e-12;
    return std::abs(value + at.plus) <= rounding * std::abs(at.plus) ? 0.0 : value + at.plus;
  }

  const System& system_;
  const Problem& problem_;
  State state_;
  std::set<NodeId> removed_;
  std::vector<std::int32_t> scale_members_, offset_members_;
  std::vector<double> unit_;  ///< by root: ratio of the class whose scale is 1
};

}  // namespace

Assignment assign(const System& system, const Problem& problem, const std::vector<std::size_t>& chosen) {
  return Assigner(system, problem, chosen).run();
}

}  // namespace banoff::gauge
