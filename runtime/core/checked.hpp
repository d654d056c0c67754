// Arithmetic on sizes that come from files: overflow is an error, never a wrap.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/core/fail.hpp"

namespace banoff {

[[nodiscard]] inline std::int64_t checked_mul(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) fail_input("size {} x {} does not fit in 64 bits", a, b);
  return product;
}

[[nodiscard]] inline std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) fail_input("size {} + {} does not fit in 64 bits", a, b);
  return sum;
}

[[nodiscard]] inline std::int64_t checked_sub(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) fail_input("size {} - {} does not fit in 64 bits", a, b);
  return difference;
}

/// A number from a file that must be whole, as one; `what` names it in the error.
[[nodiscard]] inline std::int64_t checked_integer(double value, std::string_view what) {
  // 2^63 itself is the first that does not fit; comparisons are false for NaN.
  const bool fits = value >= -0x1p63 && value < 0x1p63;
  if (!fits || value != static_cast<double>(static_cast<std::int64_t>(value))) {
    fail_input("{} is {}, expected an integer", what, value);
  }
  return static_cast<std::int64_t>(value);
}

/// Whether [offset, offset + length) lies inside a file of `size` bytes; safe for every 64-bit value.
[[nodiscard]] constexpr bool range_fits(std::uint64_t offset, std::uint64_t length, std::uint64_t size) noexcept {
  return offset <= size && length <= size - offset;
}

}  // namespace banoff
