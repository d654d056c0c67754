// Arithmetic on sizes that come from files: overflow is an error, never a wrap.
#pragma once

#include <cstdint>

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

/// Whether [offset, offset + length) lies inside a file of `size` bytes; safe for every 64-bit value.
[[nodiscard]] constexpr bool range_fits(std::uint64_t offset, std::uint64_t length, std::uint64_t size) noexcept {
  return offset <= size && length <= size - offset;
}

}  // namespace banoff
