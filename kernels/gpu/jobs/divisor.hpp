// Division by a number that is known before a kernel starts.
#pragma once

#include "kernels/gpu/portable.hpp"

namespace banoff::gpu {

/// Divides ints from 0 up by `value`, 1 or more, with a product and a shift, where a division takes a GPU some twenty
/// instructions: Granlund and Montgomery 1994, figure 4.1. With n below 2^31 the sum in it does not overflow.
struct Divisor {
  int value = 1;
  int shift = 0;                 ///< the least with 2^shift >= value
  std::uint32_t multiplier = 1;  ///< floor(2^32 (2^shift - value) / value) + 1

  Divisor() = default;
  constexpr explicit Divisor(int by) : value(by) {
    while ((std::uint64_t{1} << shift) < static_cast<std::uint64_t>(by)) ++shift;
    const std::uint64_t above = (std::uint64_t{1} << shift) - static_cast<std::uint64_t>(by);
    multiplier = static_cast<std::uint32_t>((above << 32) / static_cast<std::uint64_t>(by) + 1);
  }

  [[nodiscard]] BANOFF_HD int quotient(int n) const {
    const auto m = static_cast<std::uint32_t>(n);
    const auto high = static_cast<std::uint32_t>((static_cast<std::uint64_t>(multiplier) * m) >> 32);
    return static_cast<int>((high + m) >> shift);
  }
  /// n becomes the quotient; returns what is left.
  BANOFF_HD int divide(int& n) const {
    const int whole = quotient(n);
    const int rest = n - whole * value;
    n = whole;
    return rest;
  }
};

}  // namespace banoff::gpu
