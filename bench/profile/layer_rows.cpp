#include "bench/profile/layer_rows.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace banoff::bench {

namespace {

/// Nodes that every profile has a kernel of, each in a set with those that it shares a kernel with anywhere.
class SharedNodes {
 public:
  explicit SharedNodes(std::span<const Profile> profiles) {
    std::map<std::string, std::size_t> count;
    for (const Profile& profile : profiles) {
      for (const ProfiledStep& each : profile.steps) {
        for (const std::string& node : each.step.nodes) ++count[node];
      }
    }
    for (const auto& [node, profiles_with_it] : count) {
      if (profiles_with_it == profiles.size()) parent_[node] = node;
    }
    for (const Profile& profile : profiles) {
      for (const ProfiledStep& each : profile.steps) unite(each.step.nodes);
    }
  }

  /// A node that stands for the set of the kernel's nodes; empty where none of them is shared.
  [[nodiscard]] std::string set_of(const ProfiledStep& each) const {
    const std::string* node = first(each.step.nodes);
    return node == nullptr ? "" : root(*node);
  }
  /// The first shared node of a kernel that has one.
  [[nodiscard]] const std::string* first(const std::vector<std::string>& nodes) const {
    const auto found = std::ranges::find_if(nodes, [&](const std::string& node) { return parent_.contains(node); });
    return found == nodes.end() ? nullptr : &*found;
  }

 private:
  [[nodiscard]] std::string root(std::string node) const {
    while (parent_.at(node) != node) node = parent_.at(node);
    return node;
  }
  void unite(const std::vector<std::string>& nodes) {
    const std::string* one = first(nodes);
    for (const std::string& node : nodes) {
      if (parent_.contains(node)) parent_[root(node)] = root(*one);
    }
  }

  std::map<std::string, std::string> parent_;
};

/// By kernel: the set that it belongs to, its own or a neighbour's; all empty where no kernel has one.
std::vector<std::string> sets_of(const Profile& profile, const SharedNodes& shared) {
  std::vector<std::string> sets;
  for (const ProfiledStep& each : profile.steps) sets.push_back(shared.set_of(each));
  for (std::size_t s = sets.size(); s-- > 1;) {
    if (profile.steps[s - 1].step.nodes.empty() && sets[s - 1].empty()) sets[s - 1] = sets[s];
  }
  for (std::size_t s = 1; s < sets.size(); ++s) {
    if (sets[s].empty()) sets[s] = sets[s - 1];
  }
  for (std::size_t s = sets.size(); s-- > 1;) {
    if (sets[s - 1].empty()) sets[s - 1] = sets[s];
  }
  return sets;
}

}  // namespace

std::vector<LayerRow> layer_rows(std::span<const Profile> profiles) {
  const SharedNodes shared(profiles);
  std::vector<LayerRow> rows;
  std::map<std::string, std::size_t> row_of;
  for (std::size_t p = 0; p < profiles.size(); ++p) {
    const std::vector<std::string> sets = sets_of(profiles[p], shared);
    for (std::size_t s = 0; s < sets.size(); ++s) {
      const ProfiledStep& each = profiles[p].steps[s];
      const auto [place, is_new] = row_of.try_emplace(sets[s], rows.size());
      if (is_new) rows.push_back({"", std::vector<std::vector<const ProfiledStep*>>(profiles.size())});
      LayerRow& row = rows[place->second];
      const std::string* node = shared.first(each.step.nodes);
      if (row.label.empty() && node != nullptr) row.label = *node;
      row.kernels[p].push_back(&each);
    }
  }
  return rows;
}

}  // namespace banoff::bench
