// What the tests of kernels on bytes share: every way that this processor has, data, and the rounding, written plainly.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "instruction_sets.hpp"
#include "kernels/cpu/simd/int8.hpp"

namespace banoff::test {

using Bytes = std::vector<std::uint8_t>;

/// With and without the instructions that a processor may lack.
inline std::vector<cpu::simd::ByteIsa> byte_ways() {
  std::vector<cpu::simd::ByteIsa> ways;
  for (const cpu::Isa isa : instruction_sets()) {
    const cpu::simd::ByteIsa all = cpu::simd::byte_isa(isa);
    ways.push_back({isa, false, false});
    if (all.dot || all.permute) ways.push_back(all);
  }
  return ways;
}

template <class T>
std::vector<T> random_bytes(std::int64_t count, unsigned seed, int low, int high) {
  std::mt19937 generator(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values)
    value = static_cast<T>(low + static_cast<int>(generator() % static_cast<unsigned>(high - low + 1)));
  return values;
}
inline Bytes random_bytes(std::int64_t count, unsigned seed) { return random_bytes<std::uint8_t>(count, seed, 0, 255); }

/// Scales and shifts by channel, with room for whole vectors; so many products keep most outputs in the range of bytes.
struct Scales {
  std::vector<float> scale, shift;

  Scales(std::int64_t channels, std::int64_t products)
      : scale(static_cast<std::size_t>(channels) + 64), shift(scale.size()) {
    for (std::size_t c = 0; c < scale.size(); ++c) {
      scale[c] = 1.0F / (60.0F + static_cast<float>(c % 7)) / std::sqrt(static_cast<float>(products)) / 2;
      shift[c] = static_cast<float>(c % 5) - 2.5F;
    }
  }
};

/// Of a value in units of the output's scale.
inline std::uint8_t rounded(float v, const cpu::simd::ByteTarget& target) {
  const double whole = std::nearbyint(static_cast<double>(v)) + target.zero_point;
  const auto y =
      static_cast<std::size_t>(std::clamp(whole, static_cast<double>(target.low), static_cast<double>(target.high)));
  return target.table == nullptr ? static_cast<std::uint8_t>(y) : target.table[y];
}

/// Of an exact sum.
inline float scaled(std::int32_t sum, std::size_t channel, const cpu::simd::ByteTarget& target, std::size_t at) {
  const float v = std::fma(static_cast<float>(sum), target.scale[channel], target.shift[channel]);
  return target.add == nullptr ? v : std::fma(static_cast<float>(target.add[at]), target.add_scale, v);
}

/// Bytes behind an output, which nothing may write.
inline constexpr std::size_t guard = 64;

}  // namespace banoff::test
