// Non-maximum suppression that gives places instead of boxes, for one class of one image.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "runtime/graph/boxes/suppress.hpp"

namespace banoff::boxes {

/// x1 y1 x2 y2 of a box given as two opposite corners y x y x in any order, or as x y of the centre, width and height.
template <class T>
[[nodiscard]] std::array<T, 4> corners_of(const T* box, bool centred) {
  if (centred) return {box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2, box[1] + box[3] / 2};
  return {std::min(box[1], box[3]), std::min(box[0], box[2]), std::max(box[1], box[3]), std::max(box[0], box[2])};
}

/// The boxes that stay, best first, as places in `boxes`. `order` has room for all of them; the result lies in it.
template <class T>
[[nodiscard]] std::span<const std::int64_t> select(const SelectBoxes& op, const T* boxes, const T* scores,
                                                   std::span<std::int64_t> order) {
  std::size_t candidates = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool counts = op.score ? scores[i] > static_cast<T>(*op.score) : scores[i] == scores[i];
    if (counts) order[candidates++] = static_cast<std::int64_t>(i);
  }
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(candidates),
            [&](std::int64_t a, std::int64_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < candidates && static_cast<std::int64_t>(kept) < op.max; ++i) {
    const auto candidate = corners_of(boxes + order[i] * 4, op.centred);
    const auto covers = [&](std::int64_t other) {
      return overlap(candidate.data(), corners_of(boxes + other * 4, op.centred).data()) > static_cast<T>(op.iou);
    };
    if (std::none_of(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), covers))
      order[kept++] = order[i];
  }
  return order.first(kept);
}

}  // namespace banoff::boxes
