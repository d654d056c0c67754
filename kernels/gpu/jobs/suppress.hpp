// Non-maximum suppression of listed candidates: the best of them are sorted, which of those overlap is found for all
// pairs at once, as bits, and a team goes through them. What is left of longer lists is looked at box by box.
#pragma once

#include "kernels/gpu/jobs/candidates.hpp"

namespace banoff::gpu {

BANOFF_HD inline bool precedes(const Candidate& a, const Candidate& b) {
  if (a.score != b.score) return a.score > b.score;
  if (a.group != b.group) return a.group < b.group;
  if (a.box != b.box) return a.box < b.box;
  return a.label < b.label;
}
BANOFF_HD inline float area(float x1, float y1, float x2, float y2) {
  return most(x2 - x1, 0.0F) * most(y2 - y1, 0.0F);
}
BANOFF_HD inline float overlap(const float* a, const float* b) {
  const float common = area(most(a[0], b[0]), most(a[1], b[1]), least(a[2], b[2]), least(a[3], b[3]));
  const float together = area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - common;
  return together > 0 ? common / together : 0.0F;
}

/// Candidates in order, and what is known of them.
struct SortedCandidates {
  static constexpr int most = 4096;
  static constexpr int bits = 64;  ///< of a word

  int capacity = bits;  ///< a multiple of `bits`
  int* count = nullptr;
  Candidate* list = nullptr;  ///< best first
  std::uint64_t* overlaps =
      nullptr;  ///< [word][candidate]: which of the word's, worse ones of its class, it suppresses
};

/// Sorts the best candidates, as many as there is room for and no other equals, and takes them off the list.
struct SortBest {
  DType type = DType::f32;
  SortedCandidates sorted;
  Candidate* list = nullptr;
  const int* listed = nullptr;

  BANOFF_HD int teams() const { return 1; }
  template <class Team>
  BANOFF_HD void operator()(Team& team, int) const {
    const int count = *listed;
    std::uint32_t least_key = 0;
    if (count > sorted.capacity) {
      const Selected best = select_best(team, count, sorted.capacity, [&](int i, std::uint32_t& key) {
        key = key_of(list[i].score);
        return true;
      });
      least_key = best.above + best.equal <= sorted.capacity ? best.key : best.key + 1;
    }
    int* const order = team.space();  // places in the list
    team.once([&] { *sorted.count = 0; });
    team.each(count, [&](int i) {
      if (key_of(list[i].score) >= least_key) order[count_up(sorted.count)] = i;
    });
    const int taken = *sorted.count;
    sort(team, order, taken);
    team.each(taken, [&](int i) {
      sorted.list[i] = list[order[i]];
      list[order[i]].group = Candidate::dropped;
    });
  }

 private:
  /// Batcher's bitonic network over the next power of two; places beyond the end come last.
  template <class Team>
  BANOFF_HD void sort(Team& team, int* order, int count) const {
    constexpr int nothing = -1;
    int size = 1;
    while (size < count) size *= 2;
    team.each(size - count, [&](int i) { order[count + i] = nothing; });
    for (int run = 2; run <= size; run *= 2) {
      for (int apart = run / 2; apart > 0; apart /= 2) {
        team.each(size / 2, [&](int t) {
          const int low = t & (apart - 1);
          const int i = (t - low) * 2 + low;
          const int a = order[i], b = order[i + apart];
          const bool falls = (i & run) == 0;
          const bool b_first = b != nothing && (a == nothing || precedes(list[b], list[a]));
          if (a != b && b_first == falls) order[i] = b, order[i + apart] = a;
        });
      }
    }
  }
};

/// One thread for each candidate and word: `count` is capacity * words.
struct MarkOverlaps : PerElement {
  DType type = DType::f32;
  ScoredGroups groups;
  SortedCandidates sorted;
  double iou = 0.5;

  template <class T>
  BANOFF_HD void operator()(int item) const {
    constexpr int bits = SortedCandidates::bits;
    const int i = item % sorted.capacity;
    const int first = item / sorted.capacity * bits;
    const int end = least(*sorted.count, first + bits);
    if (i >= end) return;  // no worse ones in this word
    const Candidate one = sorted.list[i];
    const float* const box = groups.box(one);
    std::uint64_t word = 0;
    for (int j = most(first, i + 1); j < end; ++j) {
      const Candidate& other = sorted.list[j];
      if (other.group != one.group || other.label != one.label) continue;
      if (static_cast<double>(overlap(box, groups.box(other))) > iou) word |= std::uint64_t{1} << (j - first);
    }
    sorted.overlaps[item] = word;
  }
};

/// Writes rows x1 y1 x2 y2 score class of the boxes that no better one of their group and class overlaps.
struct KeepBest {
  static constexpr int row_size = 6;

  DType type = DType::f32;
  ScoredGroups groups;
  SortedCandidates sorted;
  double iou = 0.5;
  int max = 100;
  Candidate* list = nullptr;  ///< of which the sorted ones are dropped
  const int* listed = nullptr;
  int* chosen = nullptr;  ///< room for as many sorted ones
  float* y = nullptr;
  std::int64_t* kept = nullptr;

  BANOFF_HD int teams() const { return 1; }
  template <class Team>
  BANOFF_HD void operator()(Team& team, int) const {
    const int sorted_rows = go_through(team);
    team.each(max * row_size, [&](int i) {
      if (i / row_size >= sorted_rows) y[i] = 0;
    });
    team.each(sorted_rows, [&](int r) { write(r, sorted.list[chosen[r]]); });
    int rows = sorted_rows;
    if (rows < max && *sorted.count < *listed) rows = go_on(team, rows);
    team.once([&] { *kept = rows; });
  }

 private:
  /// A word of the sorted candidates at a time: one thread finds which of them stay, all drop what those overlap.
  template <class Team>
  BANOFF_HD int go_through(Team& team) const {
    constexpr int bits = SortedCandidates::bits;
    const int count = *sorted.count, words = sorted.capacity / bits;
    auto* const gone = reinterpret_cast<std::uint64_t*>(team.space());
    std::uint64_t* const own = gone + SortedCandidates::most / bits;
    int* const found = reinterpret_cast<int*>(own + bits);
    team.each(words, [&](int w) { gone[w] = 0; });
    int rows = 0;
    for (int w = 0; w * bits < count && rows < max; ++w) {
      const int here = least(count - w * bits, bits);
      team.each(here, [&](int b) { own[b] = sorted.overlaps[w * sorted.capacity + w * bits + b]; });
      team.once([&] {
        std::uint64_t dropped = gone[w];
        int next = rows;
        for (int b = 0; b < here && next < max; ++b) {
          if ((dropped >> b & 1) != 0) continue;
          chosen[next++] = w * bits + b;
          dropped |= own[b];
        }
        *found = next;
      });
      const int next = *found;
      team.each(words - w - 1, [&](int v) {
        const int word = w + 1 + v;
        if (word * bits >= count) return;
        std::uint64_t dropped = gone[word];
        for (int r = rows; r < next; ++r) dropped |= sorted.overlaps[word * sorted.capacity + chosen[r]];
        gone[word] = dropped;
      });
      rows = next;
    }
    return rows;
  }
  /// What is left of the list, the best of it again and again.
  template <class Team>
  BANOFF_HD int go_on(Team& team, int rows) const {
    const int count = *listed;
    const auto drop = [&](int i, const Candidate& by) {
      if (list[i].group != by.group || list[i].label != by.label) return;
      if (static_cast<double>(overlap(groups.box(by), groups.box(list[i]))) > iou) list[i].group = Candidate::dropped;
    };
    team.each(count, [&](int i) {
      for (int r = 0; r < rows; ++r) drop(i, sorted.list[chosen[r]]);
    });
    for (; rows < max; ++rows) {
      const int best = team.best(
          count, [&](int i) { return list[i].group != Candidate::dropped; },
          [&](int i, int j) { return precedes(list[i], list[j]); });
      if (best < 0) break;
      const Candidate taken = list[best];
      team.once([&] {
        write(rows, taken);
        list[best].group = Candidate::dropped;
      });
      team.each(count, [&](int i) { drop(i, taken); });
    }
    return rows;
  }
  BANOFF_HD void write(int row, const Candidate& candidate) const {
    float* const to = y + row * row_size;
    const float* const box = groups.box(candidate);
    for (int k = 0; k < 4; ++k) to[k] = box[k];
    to[4] = candidate.score;
    to[5] = static_cast<float>(candidate.label);
  }
};

}  // namespace banoff::gpu
