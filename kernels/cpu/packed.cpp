#include "kernels/cpu/packed.hpp"

#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

constexpr std::size_t widest_vector = 16;

std::size_t bytes_of(std::size_t floats) {
  return static_cast<std::size_t>(
      checked_mul(static_cast<std::int64_t>(floats), static_cast<std::int64_t>(sizeof(float))));
}

}  // namespace

AlignedFloats::AlignedFloats(std::size_t count) : count_(count), memory_(allocate_aligned(bytes_of(count))) {}

AlignedFloats by_channel(std::span<const float> values, std::int64_t copies) {
  const std::size_t count = values.size() * static_cast<std::size_t>(copies);
  AlignedFloats padded(round_up(count, widest_vector));
  for (std::size_t first = 0; first < count; first += values.size()) std::ranges::copy(values, padded.data() + first);
  return padded;
}

}  // namespace banoff::cpu
