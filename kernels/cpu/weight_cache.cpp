#include "kernels/cpu/weight_cache.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

namespace banoff::cpu {

/// Eight lanes, so that the multiplier is never waited for: weights are read about as fast as memory gives them. Each
/// round is xxHash's (add a word, rotate, multiply by an odd constant), and both halves take in every lane.
Digest digest_of(std::span<const float> values) {
  constexpr std::size_t lanes = 8, block = lanes * sizeof(std::uint64_t);
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
  const auto round = [](std::uint64_t state, std::uint64_t word) { return std::rotl(state + word * odd, 31) * odd; };
  std::array<std::uint64_t, lanes> state{1, 2, 3, 4, 5, 6, 7, 8}, words{};
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  for (std::size_t left = values.size_bytes(); left > 0;) {
    const std::size_t taken = std::min(left, block);
    words.fill(0);
    std::memcpy(words.data(), bytes, taken);
    for (std::size_t lane = 0; lane < lanes; ++lane) state[lane] = round(state[lane], words[lane]);
    bytes += taken, left -= taken;
  }
  Digest digest{values.size(), ~values.size()};
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    digest[0] = round(digest[0], state[lane]);
    digest[1] = round(digest[1], state[lanes - 1 - lane]);
  }
  return digest;
}

}  // namespace banoff::cpu
