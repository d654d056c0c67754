// The best of many, by a team of threads: histograms of the keys' digits, from the highest on.
//
// A team offers each(n, f) and once(f), after which all threads see what was written, best(n, alive, better), and
// space(): memory that its threads share, `team_space` ints.
#pragma once

#include <cstring>

#include "kernels/gpu/portable.hpp"

namespace banoff::gpu {

inline constexpr int team_space = 8192;

/// Orders as the float does; equal floats, 0 and -0 too, have equal keys. NaN apart.
BANOFF_HD inline std::uint32_t key_of(float score) {
  const float positive_zero = score + 0.0F;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &positive_zero, sizeof bits);
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
}

/// Adds 1; returns what there was before.
BANOFF_HD inline int count_up(int* counter) {
#if defined(__CUDA_ARCH__)
  return atomicAdd(counter, 1);
#else
  return (*counter)++;
#endif
}

/// The key of the last of the `wanted` best elements; so many have a greater one, so many the same.
struct Selected {
  std::uint32_t key = 0;
  int above = 0, equal = 0;
  bool all = false;  ///< there are fewer than wanted: then nothing else is set
};

/// Selects among n elements; `read(i, key)` says whether element i counts, and sets its key. wanted >= 1.
template <class Team, class Read>
BANOFF_HD inline Selected select_best(Team& team, int n, int wanted, const Read& read) {
  constexpr int digits = 2048, parts = 64, together = 4;
  int* const bin = team.space();
  int* const part = bin + digits;
  int* const found = part + parts;  // the digit, how many are above it, how many have it
  Selected result;
  constexpr int shifts[] = {21, 10, 0}, widths[] = {11, 11, 10};
  for (int round = 0; round < 3; ++round) {
    const int shift = shifts[round], width = widths[round];
    team.each(digits, [&](int d) { bin[d] = 0; });
    // Several at a time, so that their loads are under way together.
    const int share = (n + together - 1) / together;
    team.each(share, [&](int i) {
      std::uint32_t key[together];
      bool counts[together];
      BANOFF_UNROLL
      for (int t = 0; t < together; ++t) counts[t] = i + t * share < n && read(i + t * share, key[t]);
      BANOFF_UNROLL
      for (int t = 0; t < together; ++t) {
        const bool same = round == 0 || key[t] >> (shift + width) == result.key >> (shift + width);
        if (counts[t] && same) (void)count_up(bin + (key[t] >> shift & ((1U << width) - 1)));
      }
    });
    team.each(parts, [&](int p) {
      part[p] = 0;
      for (int d = 0; d < digits / parts; ++d) part[p] += bin[p * (digits / parts) + d];
    });
    team.once([&] {
      int above = result.above, p = parts - 1;
      while (p >= 0 && above + part[p] < wanted) above += part[p--];
      int d = (p + 1) * (digits / parts) - 1;
      while (p >= 0 && above + bin[d] < wanted) above += bin[d--];
      found[0] = p < 0 ? -1 : d;
      found[1] = above;
      found[2] = p < 0 ? 0 : bin[d];
    });
    const int digit = found[0];
    result.above = found[1];
    result.equal = found[2];
    team.once([] {});  // all have read it
    if (digit < 0) {
      result.all = true;
      return result;
    }
    result.key |= static_cast<std::uint32_t>(digit) << shift;
  }
  return result;
}

}  // namespace banoff::gpu
