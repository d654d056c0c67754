// Placing storages in one arena so that those never needed at the same time share memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace banoff {

/// Memory wanted from step `first` to step `last`, both included.
struct Lifetime {
  std::size_t bytes = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

inline constexpr std::size_t arena_alignment = 64;

struct ArenaPlacement {
  std::vector<std::size_t> offsets;  ///< by lifetime
  std::size_t bytes = 0;
};

/// Greedy by size: the largest first, each at the lowest offset where it overlaps nobody alive at the same time.
[[nodiscard]] ArenaPlacement place(std::span<const Lifetime> lifetimes);

}  // namespace banoff
