// Non-maximum suppression in three steps: per class the score that the best candidates reach, a list of all candidates
// in any order, and the boxes that stay, best first. The order of candidates is total
// (runtime/graph/boxes/suppress.hpp), so that the order of the list does not show.
//
// The first and last step are work for a team of threads, which offers each(n, f), sum(n, f), once(f) and
// best(n, alive, better); every call ends with all threads seeing what was written.
#pragma once

#include <cstring>

#include "kernels/gpu/jobs/boxes.hpp"

namespace banoff::gpu {

struct Candidate {
  float score;
  int group, box, label;
};
/// What a class's candidates must reach: more than `key`, or as much with a box up to `box`.
struct Cutoff {
  std::uint32_t key;
  int box;
};

/// Boxes and their scores; box i of class c is at (box_per_class ? i * classes + c : i).
struct ScoredGroup {
  const float *boxes = nullptr, *scores = nullptr;
  Rows boxes_rows, scores_rows;
  int capacity = 0, classes = 1;
  int first_class = 0;  ///< number of classes of the groups before this one
  bool box_per_class = false;

  BANOFF_HD int rows() const { return least(boxes_rows.get(), scores_rows.get()); }
  BANOFF_HD const float* box(int i, int label) const { return boxes + (box_per_class ? i * classes + label : i) * 4; }
};

struct ScoredGroups {
  static constexpr int most = 8;
  int count = 0, all_classes = 0;
  ScoredGroup group[most];
};

/// Orders as the float does, NaN apart.
BANOFF_HD inline std::uint32_t key_of(float score) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &score, sizeof bits);
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
}

/// For every class of every group, the cutoff behind its `candidates` best scores above `score`.
struct FindCutoffs {
  DType type = DType::f32;
  ScoredGroups groups;
  float score = 0;
  int candidates = 0;
  Cutoff* cutoffs = nullptr;

  BANOFF_HD int teams() const { return groups.all_classes; }
  template <class Team>
  BANOFF_HD void operator()(Team& team, int index) const {
    int g = 0;
    while (g + 1 < groups.count && index >= groups.group[g + 1].first_class) ++g;
    const ScoredGroup& from = groups.group[g];
    const int label = index - from.first_class;
    const int rows = from.rows();
    const auto at = [&](int i) { return from.scores[i * from.classes + label]; };
    const auto reach = [&](std::uint32_t key) {
      return team.sum(rows, [&](int i) { return at(i) > score && key_of(at(i)) >= key ? 1 : 0; });
    };
    std::uint32_t key = 0;
    int box = rows;
    if (reach(0) > candidates) {
      for (std::uint32_t bit = 0x80000000U; bit != 0; bit >>= 1) {
        if (reach(key | bit) >= candidates) key |= bit;
      }
      const int wanted = candidates - reach(key + 1);
      int low = -1;  // the least box up to which enough of the equals lie is in (low, box]
      while (box - low > 1) {
        const int middle = low + (box - low) / 2;
        const int equals =
            team.sum(rows, [&](int i) { return at(i) > score && key_of(at(i)) == key && i <= middle ? 1 : 0; });
        if (equals >= wanted) box = middle;
        else low = middle;
      }
    }
    team.once([&] { cutoffs[index] = {key, box}; });
  }
};

/// Lists the candidates: one thread for each score, over all groups at their capacity.
struct CollectCandidates : PerElement {
  DType type = DType::f32;
  ScoredGroups groups;
  float score = 0, min_size = -INFINITY;
  bool background = false;
  const Cutoff* cutoffs = nullptr;  ///< null: every candidate counts
  Candidate* list = nullptr;
  int* listed = nullptr;  ///< how many; zero before

  template <class T>
  BANOFF_HD void operator()(int item) const {
    int g = 0;
    while (item >= groups.group[g].capacity * groups.group[g].classes) {
      item -= groups.group[g].capacity * groups.group[g].classes;
      ++g;
    }
    const ScoredGroup& from = groups.group[g];
    const int label = item % from.classes;
    const int i = item / from.classes;
    if (i >= from.rows() || (background && label == 0)) return;
    const float value = from.scores[item];
    if (!(value > score)) return;
    if (cutoffs != nullptr) {
      const Cutoff cutoff = cutoffs[from.first_class + label];
      const std::uint32_t key = key_of(value);
      if (key < cutoff.key || (key == cutoff.key && i > cutoff.box)) return;
    }
    const float* box = from.box(i, label);
    // Written so that a side that is no number is too small.
    if (!(box[2] - box[0] >= min_size && box[3] - box[1] >= min_size)) return;
    list[take()] = {value, g, i, label};
  }

 private:
  BANOFF_HD int take() const {
#if defined(__CUDA_ARCH__)
    return atomicAdd(listed, 1);
#else
    return (*listed)++;
#endif
  }
};

/// Writes rows x1 y1 x2 y2 score class of the boxes that no better one of their group and class overlaps.
struct KeepBest {
  static constexpr int row_size = 6;
  static constexpr int dropped = -1;  ///< as the group of a candidate

  DType type = DType::f32;
  ScoredGroups groups;
  double iou = 0.5;
  int max = 100;
  Candidate* list = nullptr;
  const int* listed = nullptr;
  float* y = nullptr;
  std::int64_t* kept = nullptr;

  BANOFF_HD int teams() const { return 1; }
  template <class Team>
  BANOFF_HD void operator()(Team& team, int) const {
    const int count = *listed;
    team.each(max * row_size, [&](int i) { y[i] = 0; });
    const auto alive = [&](int i) { return list[i].group != dropped; };
    const auto better = [&](int i, int j) { return precedes(list[i], list[j]); };
    int rows = 0;
    for (; rows < max; ++rows) {
      const int best = team.best(count, alive, better);
      if (best < 0) break;
      const Candidate chosen = list[best];
      const float* box = groups.group[chosen.group].box(chosen.box, chosen.label);
      team.once([&] {
        float* const row = y + rows * row_size;
        for (int k = 0; k < 4; ++k) row[k] = box[k];
        row[4] = chosen.score;
        row[5] = static_cast<float>(chosen.label);
      });
      team.each(count, [&](int i) {
        if (i == best) list[i].group = dropped;
        if (list[i].group != chosen.group || list[i].label != chosen.label) return;
        const float* other = groups.group[chosen.group].box(list[i].box, list[i].label);
        if (static_cast<double>(overlap(box, other)) > iou) list[i].group = dropped;
      });
    }
    team.once([&] { *kept = rows; });
  }

 private:
  BANOFF_HD static bool precedes(const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.group != b.group) return a.group < b.group;
    if (a.box != b.box) return a.box < b.box;
    return a.label < b.label;
  }
  BANOFF_HD static float area(float x1, float y1, float x2, float y2) {
    return most(x2 - x1, 0.0F) * most(y2 - y1, 0.0F);
  }
  BANOFF_HD static float overlap(const float* a, const float* b) {
    const float common = area(most(a[0], b[0]), most(a[1], b[1]), least(a[2], b[2]), least(a[3], b[3]));
    const float together = area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - common;
    return together > 0 ? common / together : 0.0F;
  }
};

}  // namespace banoff::gpu
