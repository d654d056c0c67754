// How many blocks a job gets. Positions are counted without a sign on the device: the last block of a job of nearly
// 2^31 items has positions that an int does not hold.
#pragma once

#include "kernels/gpu/portable.hpp"

namespace banoff::cuda {

/// Blocks of `each` items for `items` of them, 0 or more: at most 2^31 - 1, what a grid may have.
[[nodiscard]] constexpr unsigned blocks_of(int items, int each) {
  return static_cast<unsigned>((std::int64_t{items} + each - 1) / each);
}

/// Threads of a block: half of `most` where whole blocks are fewer than a large GPU has multiprocessors.
[[nodiscard]] constexpr int threads_of(int items, int most) {
  constexpr int multiprocessors = 132;
  return most > 64 && items / most < multiprocessors ? most / 2 : most;
}

/// Whether position `index` of a block's thread is an item; the index is what unsigned arithmetic makes of it.
[[nodiscard]] BANOFF_HD constexpr bool is_item(unsigned index, int items) {
  return index < static_cast<unsigned>(items);
}

}  // namespace banoff::cuda
