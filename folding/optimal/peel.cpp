#include "folding/optimal/peel.hpp"

#include <algorithm>
#include <deque>

namespace banoff::gauge {

namespace {

class Peeler {
 public:
  explicit Peeler(const Problem& problem)
      : problem_(problem),
        scale_uses_(problem.scales.size()),
        offset_uses_(problem.offsets.size()),
        scale_items_(problem.scales.size()),
        offset_items_(problem.offsets.size()),
        offset_sums_(problem.offsets.size()),
        sum_uses_(problem.offsets.size()),
        item_gone_(problem.items.size()),
        sum_gone_(problem.sums.size()) {
    for (std::size_t i = 0; i < problem.items.size(); ++i) {
      for (const Channel& channel : problem.items[i].channels) {
        for (const ClassId id : {channel.x_scale, channel.y_scale}) {
          ++scale_uses_[index(id)];
          if (id != ground) scale_items_[index(id)].push_back(i);
        }
        for (const ClassId id : {channel.x_offset, channel.y_offset}) {
          ++offset_uses_[index(id)];
          offset_items_[index(id)].push_back(i);
        }
      }
      queue_.push_back({true, i});
    }
    for (std::size_t i = 0; i < problem.sums.size(); ++i) {
      for (const auto& [coefficient, id] : problem.sums[i]) {
        ++sum_uses_[index(id)];
        offset_sums_[index(id)].push_back(i);
      }
      queue_.push_back({false, i});
    }
  }

  Core run() {
    Core core;
    while (!queue_.empty()) {
      const Entry next = queue_.front();
      queue_.pop_front();
      if (next.item && !item_gone_[next.at] && item_is_free(problem_.items[next.at])) {
        core.free.push_back(next.at);
        take_item(next.at);
      } else if (!next.item && !sum_gone_[next.at] && sum_is_free(problem_.sums[next.at])) {
        take_sum(next.at);
      }
    }
    for (std::size_t i = 0; i < problem_.items.size(); ++i) {
      if (!item_gone_[i]) core.items.push_back(i);
    }
    for (std::size_t i = 0; i < problem_.sums.size(); ++i) {
      if (!sum_gone_[i]) core.sums.push_back(problem_.sums[i]);
    }
    return core;
  }

 private:
  struct Entry {
    bool item;
    std::size_t at;
  };

  [[nodiscard]] bool own_scale(ClassId id) const {
    return id != ground && scale_uses_[index(id)] == 1 && !problem_.scales[index(id)].positive;
  }
  [[nodiscard]] bool own_offset(ClassId id) const {
    return offset_uses_[index(id)] == 1 && sum_uses_[index(id)] == 0 && !problem_.offsets[index(id)].zero;
  }
  [[nodiscard]] bool item_is_free(const Item& item) const {
    return std::ranges::all_of(item.channels, [&](const Channel& c) {
      return (own_scale(c.x_scale) || own_scale(c.y_scale)) && (own_offset(c.x_offset) || own_offset(c.y_offset));
    });
  }
  [[nodiscard]] bool sum_is_free(const OffsetSum& sum) const {
    return std::ranges::any_of(sum, [&](const auto& term) {
      const std::size_t id = index(term.second);
      return sum_uses_[id] == 1 && offset_uses_[id] == 0 && !problem_.offsets[id].zero;
    });
  }

  void take_item(std::size_t at) {
    item_gone_[at] = true;
    for (const Channel& channel : problem_.items[at].channels) {
      for (const ClassId id : {channel.x_scale, channel.y_scale}) {
        if (--scale_uses_[index(id)] == 1 && id != ground) requeue(scale_items_[index(id)]);
      }
      for (const ClassId id : {channel.x_offset, channel.y_offset}) {
        --offset_uses_[index(id)];
        look_at_offset(id);
      }
    }
  }
  void take_sum(std::size_t at) {
    sum_gone_[at] = true;
    for (const auto& [coefficient, id] : problem_.sums[at]) {
      --sum_uses_[index(id)];
      look_at_offset(id);
    }
  }
  void look_at_offset(ClassId id) {
    const auto items = offset_uses_[index(id)];
    const auto sums = sum_uses_[index(id)];
    if (items == 1 && sums == 0) requeue(offset_items_[index(id)]);
    if (items != 0 || sums != 1) return;
    for (const std::size_t i : offset_sums_[index(id)]) {
      if (!sum_gone_[i]) queue_.push_back({false, i});
    }
  }
  /// Of all that ever used a class, the one that is left.
  void requeue(const std::vector<std::size_t>& items) {
    for (const std::size_t i : items) {
      if (!item_gone_[i]) queue_.push_back({true, i});
    }
  }

  const Problem& problem_;
  std::vector<std::int32_t> scale_uses_, offset_uses_;
  std::vector<std::vector<std::size_t>> scale_items_, offset_items_, offset_sums_;
  std::vector<std::int32_t> sum_uses_;
  std::vector<bool> item_gone_, sum_gone_;
  std::deque<Entry> queue_;
};

}  // namespace

Core peel(const Problem& problem) { return Peeler(problem).run(); }

}  // namespace banoff::gauge
