// Non-maximum suppression as a loop over candidates, for every device that runs on the CPU.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>

#include "runtime/graph/ops.hpp"

namespace banoff::boxes {

inline constexpr std::int64_t row_size = 6;  ///< x1 y1 x2 y2 score class

/// Boxes and their scores, as many rows as there are at run time.
template <class T>
struct Scored {
  const T* boxes = nullptr;
  const T* scores = nullptr;
  std::int64_t count = 0;
  std::int64_t classes = 0;
  bool box_per_class = false;

  [[nodiscard]] const T* box(std::int64_t i, std::int64_t label) const {
    return boxes + (box_per_class ? i * classes + label : i) * 4;
  }
};

template <class T>
struct Candidate {
  T score;
  std::int32_t group, box, label;  ///< place among the groups, row, class
};

/// Intersection over union of two boxes x1 y1 x2 y2; a box with x2 < x1 or y2 < y1 is empty.
template <class T>
[[nodiscard]] T overlap(const T* a, const T* b) {
  const auto area = [](T x1, T y1, T x2, T y2) { return std::max(x2 - x1, T{0}) * std::max(y2 - y1, T{0}); };
  const T common = area(std::max(a[0], b[0]), std::max(a[1], b[1]), std::min(a[2], b[2]), std::min(a[3], b[3]));
  const T together = area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - common;
  return together > T{0} ? common / together : T{0};
}

/// Best first; of equal scores the earlier group, then the lower box, then the lower class.
template <class T>
[[nodiscard]] bool better(const Candidate<T>& a, const Candidate<T>& b) {
  return std::tie(b.score, a.group, a.box, a.label) < std::tie(a.score, b.group, b.box, b.label);
}

/// Writes the candidates that may be looked at to `to`, which has room for every score, and returns the end.
/// A score that is no number is no candidate.
template <class T>
Candidate<T>* collect(const Nms& op, std::int32_t group, const Scored<T>& from, Candidate<T>* to) {
  const std::int64_t first = op.background ? 1 : 0;
  const auto take = [&](std::int64_t i, std::int64_t c) {
    const T score = from.scores[i * from.classes + c];
    if (score > static_cast<T>(op.score)) {
      *to++ = {score, group, static_cast<std::int32_t>(i), static_cast<std::int32_t>(c)};
    }
  };
  if (!op.candidates) {
    for (std::int64_t i = 0; i < from.count; ++i)
      for (std::int64_t c = first; c < from.classes; ++c) take(i, c);
    return to;
  }
  for (std::int64_t c = first; c < from.classes; ++c) {
    Candidate<T>* const begin = to;
    for (std::int64_t i = 0; i < from.count; ++i) take(i, c);
    if (to - begin <= *op.candidates) continue;
    std::nth_element(begin, begin + *op.candidates, to, better<T>);
    to = begin + *op.candidates;
  }
  return to;
}

/// Rows of those candidates whose boxes no better one of their group and class overlaps by more than `iou`, best first.
/// Rows after the last box are zero. Returns how many there are. The candidates are used up.
template <class T>
std::int64_t suppress(const Nms& op, std::span<const Scored<T>> groups, std::span<Candidate<T>> candidates, T* rows) {
  std::sort(candidates.begin(), candidates.end(), better<T>);
  std::fill_n(rows, op.max * row_size, T{0});
  const T least = op.min_size ? static_cast<T>(*op.min_size) : -std::numeric_limits<T>::infinity();
  const auto box_of = [&](const Candidate<T>& c) {
    return groups[static_cast<std::size_t>(c.group)].box(c.box, c.label);
  };
  std::int64_t kept = 0;  // the first so many candidates are those that stay
  Candidate<T>* const stay = candidates.data();
  for (std::size_t next = 0; next < candidates.size() && kept < op.max; ++next) {
    const Candidate<T> candidate = candidates[next];
    const T* const box = box_of(candidate);
    // Written so that a side that is no number is too small.
    if (!(box[2] - box[0] >= least && box[3] - box[1] >= least)) continue;
    const bool dropped = std::any_of(stay, stay + kept, [&](const Candidate<T>& k) {
      return k.label == candidate.label && k.group == candidate.group &&
             static_cast<double>(overlap(box_of(k), box)) > op.iou;
    });
    if (dropped) continue;
    T* const row = rows + kept * row_size;
    std::copy_n(box, 4, row);
    row[4] = candidate.score;
    row[5] = static_cast<T>(candidate.label);
    stay[kept++] = candidate;
  }
  return kept;
}

/// The same of every box and score. `scratch` holds a candidate for every score.
template <class T>
std::int64_t suppress(const Nms& op, std::span<const Scored<T>> groups, Candidate<T>* scratch, T* rows) {
  Candidate<T>* end = scratch;
  for (std::size_t g = 0; g < groups.size(); ++g) end = collect(op, static_cast<std::int32_t>(g), groups[g], end);
  return suppress(op, groups, std::span(scratch, end), rows);
}

}  // namespace banoff::boxes
