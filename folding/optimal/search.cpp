#include "folding/optimal/search.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "folding/optimal/peel.hpp"
#include "folding/optimal/sign_groups.hpp"
#include "folding/optimal/state.hpp"

namespace banoff::gauge {

namespace {

/// Sums of weights in another order differ by this factor at most.
constexpr double rounding = 1 + 1e-12;

bool contains(const std::vector<std::size_t>& items, std::size_t item) {
  return std::ranges::find(items, item) != items.end();
}

/// Items and sums that share a class that is not settled (the ground, an offset of zero).
struct Component {
  std::vector<std::size_t> items;
  std::vector<OffsetSum> sums;
};

std::vector<Component> components(const Problem& problem, const Core& core) {
  // Ids: items, then sums, of the core.
  Classes groups;
  const std::size_t count = core.items.size() + core.sums.size();
  for (std::size_t i = 0; i < count; ++i) (void)groups.add();
  std::vector<VarId> first_scale(problem.scales.size(), none), first_offset(problem.offsets.size(), none);
  const auto join = [&](std::vector<VarId>& first, ClassId id, std::size_t at) {
    VarId& known = first[index(id)];
    if (known == none) known = static_cast<VarId>(at);
    else groups.unite(known, static_cast<VarId>(at));
  };
  const auto join_offset = [&](ClassId id, std::size_t at) {
    if (!problem.offsets[index(id)].zero) join(first_offset, id, at);
  };
  for (std::size_t i = 0; i < core.items.size(); ++i) {
    for (const Channel& channel : problem.items[core.items[i]].channels) {
      for (const ClassId id : {channel.x_scale, channel.y_scale}) {
        if (id != ground) join(first_scale, id, i);
      }
      for (const ClassId id : {channel.x_offset, channel.y_offset}) join_offset(id, i);
    }
  }
  for (std::size_t i = 0; i < core.sums.size(); ++i) {
    for (const auto& [coefficient, id] : core.sums[i]) join_offset(id, core.items.size() + i);
  }
  std::map<VarId, Component> by_root;
  for (std::size_t i = 0; i < count; ++i) {
    Component& component = by_root[groups.root(static_cast<VarId>(i))];
    if (i < core.items.size()) component.items.push_back(core.items[i]);
    else component.sums.push_back(core.sums[i - core.items.size()]);
  }
  std::vector<Component> result;
  for (auto& [root, component] : by_root) {
    if (!component.items.empty()) result.push_back(std::move(component));
  }
  return result;
}

class Search {
 public:
  Search(const Problem& problem, const Component& component, State& state, std::int64_t& budget)
      : problem_(problem), component_(component), state_(state), budget_(budget) {}

  std::vector<std::size_t> run() {
    std::vector<std::size_t> items = component_.items;
    std::ranges::stable_sort(items, std::greater(), [&](std::size_t i) { return weight(i); });
    search(items, 0);
    return best_;
  }
  [[nodiscard]] bool gave_up() const { return gave_up_; }

 private:
  [[nodiscard]] double weight(std::size_t item) const { return problem_.items[item].weight; }
  [[nodiscard]] double weight(const std::vector<std::size_t>& items) const {
    return std::accumulate(items.begin(), items.end(), 0.0, [&](double sum, auto i) { return sum + weight(i); });
  }

  bool add(std::size_t item) {
    const State::Moment before = state_.now();
    const std::int64_t worked = state_.work();
    const bool related = state_.add(problem_.items[item]);
    budget_ -= state_.work() - worked;
    if (!related) return false;
    if (component_.sums.empty()) return true;
    budget_ -= 8 * std::ssize(component_.sums);
    if (state_.satisfies(component_.sums)) return true;
    state_.back_to(before);
    return false;
  }
  /// The candidates that can still be added, each alone.
  std::vector<std::size_t> possible(const std::vector<std::size_t>& candidates) {
    std::vector<std::size_t> result;
    for (const std::size_t item : candidates) {
      const State::Moment before = state_.now();
      if (!add(item)) continue;
      state_.back_to(before);
      result.push_back(item);
    }
    return result;
  }

  /// Best completion of what the state holds (items taken_, of weight `gained`) by candidates.
  void search(const std::vector<std::size_t>& offered, double gained) {
    if (gained + weight(offered) <= best_weight_ * rounding) return;
    const State::Moment before = state_.now();
    const std::size_t depth = taken_.size();
    std::vector<std::size_t> refused;
    for (const std::size_t item : offered) {
      if (add(item)) taken_.push_back(item);
      else refused.push_back(item);
    }
    if (const double total = weight(taken_); total > best_weight_) {
      best_weight_ = total;
      best_ = taken_;
    }
    state_.back_to(before);
    taken_.resize(depth);
    if (refused.empty()) return;
    if (budget_ <= 0) {
      gave_up_ = true;
      return;
    }
    const std::vector<std::size_t> contested = possible(refused);
    std::vector<std::size_t> rest = offered;
    std::erase_if(rest, [&](std::size_t item) { return contains(refused, item) && !contains(contested, item); });
    branch(std::move(rest), contested, gained);
  }

  /// `contested` items fit alone but not with all others: with the first of them, then without it, and so on. Without
  /// any of them, what the greedy pass took is all there is.
  void branch(std::vector<std::size_t> offered, const std::vector<std::size_t>& contested, double gained) {
    for (const std::size_t item : contested) {
      std::erase(offered, item);
      const State::Moment before = state_.now();
      if (add(item)) {
        taken_.push_back(item);
        search(possible(offered), gained + weight(item));
        taken_.pop_back();
        state_.back_to(before);
      }
      if (gave_up_ || gained + weight(offered) <= best_weight_ * rounding) return;
    }
  }

  const Problem& problem_;
  const Component& component_;
  State& state_;
  std::int64_t& budget_;
  std::vector<std::size_t> taken_, best_;
  double best_weight_ = 0;
  bool gave_up_ = false;
};

}  // namespace

Selection select(const Problem& problem, std::int64_t limit) {
  const Core core = peel(problem);
  Selection selection{core.free, true};
  State state(problem);
  for (const Component& component : components(problem, core)) {
    if (component.sums.empty()) {
      if (const auto group = heaviest_sign_group(problem, component.items)) {
        selection.chosen.insert(selection.chosen.end(), group->begin(), group->end());
        continue;
      }
    }
    Search search(problem, component, state, limit);
    for (const std::size_t item : search.run()) selection.chosen.push_back(item);
    if (search.gave_up()) selection.proved = false;
  }
  std::ranges::sort(selection.chosen);
  return selection;
}

}  // namespace banoff::gauge
