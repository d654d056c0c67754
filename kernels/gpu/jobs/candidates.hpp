// The candidates of non-maximum suppression: per class the score that the best reach, and a list of all that do, in any
// order. The order of candidates is total (runtime/graph/boxes/suppress.hpp), so that the order of the list does not
// show.
#pragma once

#include "kernels/gpu/jobs/boxes.hpp"
#include "kernels/gpu/jobs/select.hpp"

namespace banoff::gpu {

struct Candidate {
  static constexpr int dropped = -1;  ///< as the group of one that is out of the question

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

  BANOFF_HD const float* box(const Candidate& c) const { return group[c.group].box(c.box, c.label); }
};

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
    Cutoff cutoff{0, rows};
    const Selected best = select_best(team, rows, candidates, [&](int i, std::uint32_t& key) {
      const float value = at(i);
      key = key_of(value);
      return value > score;
    });
    if (!best.all) {
      cutoff.key = best.key;
      const int wanted = candidates - best.above;
      // Of equal scores the first boxes: the best by the box's number turned round.
      if (wanted < best.equal) {
        const Selected first = select_best(team, rows, wanted, [&](int i, std::uint32_t& key) {
          const float value = at(i);
          key = ~static_cast<std::uint32_t>(i);
          return value > score && key_of(value) == best.key;
        });
        cutoff.box = static_cast<int>(~first.key);
      }
    }
    team.once([&] { cutoffs[index] = cutoff; });
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
    list[count_up(listed)] = {value, g, i, label};
  }
};

}  // namespace banoff::gpu
