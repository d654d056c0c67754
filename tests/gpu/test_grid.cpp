// The arithmetic of grids at the sizes where 32 bits end.
#include <doctest/doctest.h>

#include <limits>

#include "kernels/cuda/grid.hpp"

using namespace banoff::cuda;

TEST_CASE("a grid covers its items and no more than a block beyond, up to 2^31") {
  constexpr int most = std::numeric_limits<int>::max();
  for (const int each : {1, 2, 8, 48, 64, 100, 128, 256, 1000}) {
    for (const int items : {0, 1, each, each + 1, 1 << 20, most - each, most - 1, most}) {
      const std::uint64_t positions = std::uint64_t{blocks_of(items, each)} * static_cast<std::uint64_t>(each);
      CHECK(positions >= static_cast<std::uint64_t>(items));
      CHECK(positions < static_cast<std::uint64_t>(items) + static_cast<std::uint64_t>(each));
      CHECK(blocks_of(items, each) <= static_cast<unsigned>(most));
      if (items == 0) continue;
      // As a thread counts them: the last position, which may be beyond an int, is told from an item.
      CHECK(is_item(static_cast<unsigned>(items) - 1, items));
      const auto last = static_cast<unsigned>(positions - 1);
      CHECK(std::uint64_t{last} == positions - 1);
      CHECK(is_item(last, items) == (positions == static_cast<std::uint64_t>(items)));
    }
  }
}

TEST_CASE("blocks are halved where whole ones would leave multiprocessors idle") {
  CHECK(threads_of(1000, 128) == 64);
  CHECK(threads_of(1 << 20, 128) == 128);
  CHECK(threads_of(1000, 64) == 64);
}
