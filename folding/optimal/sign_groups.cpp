#include "folding/optimal/sign_groups.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace banoff::gauge {

namespace {

/// What an item asks of shared scale classes: negative or not. By class, so that equal demands compare equal.
using Signs = std::map<ClassId, bool>;

/// How often the channels of the items use each class.
struct Uses {
  std::unordered_map<ClassId, int> scales, offsets;

  Uses(const Problem& problem, const std::vector<std::size_t>& items) {
    for (const std::size_t item : items) {
      for (const Channel& channel : problem.items[item].channels) {
        ++scales[channel.x_scale], ++scales[channel.y_scale];
        ++offsets[channel.x_offset], ++offsets[channel.y_offset];
      }
    }
  }
};

class Demands {
 public:
  Demands(const Problem& problem, const std::vector<std::size_t>& items) : problem_(problem), uses_(problem, items) {}

  /// The signs that an item asks for; nothing where it asks for more than signs, or for what cannot be.
  [[nodiscard]] std::optional<Signs> of(const Item& item) const {
    Signs signs;
    for (const Channel& channel : item.channels) {
      if (!own_offset(channel.x_offset) && !own_offset(channel.y_offset)) return std::nullopt;
      const bool own_x = own_scale(channel.x_scale);
      if (!own_x && !own_scale(channel.y_scale)) return std::nullopt;
      const ClassId own = own_x ? channel.x_scale : channel.y_scale;
      const ClassId shared = own_x ? channel.y_scale : channel.x_scale;
      if (!positive(own)) return std::nullopt;
      const bool negative = channel.a < 0;
      if (negative && positive(shared)) return std::nullopt;
      if (signs.try_emplace(shared, negative).first->second != negative) return std::nullopt;
    }
    return signs;
  }

 private:
  [[nodiscard]] bool positive(ClassId id) const {
    return id == ground || problem_.scales[static_cast<std::size_t>(id)].positive != nullptr;
  }
  [[nodiscard]] bool own_scale(ClassId id) const { return id != ground && uses_.scales.at(id) == 1; }
  [[nodiscard]] bool own_offset(ClassId id) const {
    return uses_.offsets.at(id) == 1 && !problem_.offsets[static_cast<std::size_t>(id)].zero;
  }

  const Problem& problem_;
  Uses uses_;
};

bool same_classes(const Signs& a, const Signs& b) {
  return std::ranges::equal(a, b, {}, &Signs::value_type::first, &Signs::value_type::first);
}

}  // namespace

std::optional<std::vector<std::size_t>> heaviest_sign_group(const Problem& problem,
                                                            const std::vector<std::size_t>& items) {
  struct Group {
    double weight = 0;
    std::vector<std::size_t> items;
  };
  const Demands demands(problem, items);
  std::map<Signs, Group> groups;
  const Group* heaviest = nullptr;
  for (const std::size_t item : items) {
    std::optional<Signs> signs = demands.of(problem.items[item]);
    if (!signs || (!groups.empty() && !same_classes(*signs, groups.begin()->first))) return std::nullopt;
    Group& group = groups[std::move(*signs)];
    group.weight += problem.items[item].weight;
    group.items.push_back(item);
    if (!heaviest || group.weight > heaviest->weight) heaviest = &group;
  }
  return heaviest ? heaviest->items : std::vector<std::size_t>{};
}

}  // namespace banoff::gauge
