#include "runtime/plan/memory.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/core/round_up.hpp"

namespace banoff {

namespace {
std::size_t aligned(std::size_t bytes) { return round_up(bytes, arena_alignment); }
}  // namespace

ArenaPlacement place(std::span<const Lifetime> lifetimes) {
  ArenaPlacement placement{std::vector<std::size_t>(lifetimes.size(), 0), 0};
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return lifetimes[i].bytes; });

  std::vector<std::size_t> placed;  // sorted by offset
  for (const std::size_t i : order) {
    const Lifetime& wanted = lifetimes[i];
    std::size_t offset = 0;
    for (const std::size_t j : placed) {
      const bool together = lifetimes[j].first <= wanted.last && wanted.first <= lifetimes[j].last;
      if (!together) continue;
      if (offset + aligned(wanted.bytes) <= placement.offsets[j]) break;
      offset = std::max(offset, placement.offsets[j] + aligned(lifetimes[j].bytes));
    }
    placement.offsets[i] = offset;
    placement.bytes = std::max(placement.bytes, offset + aligned(wanted.bytes));
    const auto at = std::ranges::upper_bound(placed, offset, {}, [&](std::size_t j) { return placement.offsets[j]; });
    placed.insert(at, i);
  }
  return placement;
}

}  // namespace banoff
