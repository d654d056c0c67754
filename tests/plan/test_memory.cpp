#include <doctest/doctest.h>

#include <random>

#include "runtime/plan/memory.hpp"

using namespace banoff;

TEST_CASE("values that never live together share memory") {
  const std::vector<Lifetime> chain{{100, 0, 1}, {100, 1, 2}, {100, 2, 3}};
  const ArenaPlacement placement = place(chain);
  CHECK(placement.bytes == 256);
  CHECK(placement.offsets[0] == placement.offsets[2]);
  CHECK(placement.offsets[0] != placement.offsets[1]);
}

TEST_CASE("values alive at the same time never overlap, whatever their sizes") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 40; ++i) {
      const std::int64_t first = static_cast<std::int64_t>(random() % 50);
      lifetimes.push_back({random() % 5000, first, first + static_cast<std::int64_t>(random() % 10)});
    }
    const ArenaPlacement placement = place(lifetimes);
    for (std::size_t i = 0; i < lifetimes.size(); ++i) {
      REQUIRE(placement.offsets[i] % arena_alignment == 0);
      REQUIRE(placement.offsets[i] + lifetimes[i].bytes <= placement.bytes);
      for (std::size_t j = 0; j < i; ++j) {
        const bool together = lifetimes[i].first <= lifetimes[j].last && lifetimes[j].first <= lifetimes[i].last;
        const bool apart = placement.offsets[i] + lifetimes[i].bytes <= placement.offsets[j] ||
                           placement.offsets[j] + lifetimes[j].bytes <= placement.offsets[i];
        REQUIRE((!together || apart));
      }
    }
  }
}
