// Arithmetic on stored elements of any type: floats as they are, integers and booleans as 64-bit integers that wrap,
// and wrap once more when they are stored.
#pragma once

#include <cmath>
#include <concepts>

#include "runtime/core/dtype.hpp"

namespace banoff::reference {

/// The number that a stored element stands for: int64 for every integer but u64, which stays as it is.
template <class E>
[[nodiscard]] auto number(E element) {
  if constexpr (std::is_same_v<E, float> || std::is_same_v<E, double> || std::is_same_v<E, std::uint64_t>)
    return element;
  else if constexpr (std::is_same_v<E, f16> || std::is_same_v<E, bf16>) return to_float(element);
  else return cast_element<std::int64_t>(element);
}

namespace wrapping {
template <std::integral N>
[[nodiscard]] constexpr N add(N a, N b) {
  return static_cast<N>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
template <std::integral N>
[[nodiscard]] constexpr N sub(N a, N b) {
  return static_cast<N>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
template <std::integral N>
[[nodiscard]] constexpr N mul(N a, N b) {
  return static_cast<N>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
}  // namespace wrapping

/// Whether b is the divisor by which the smallest integer must not be divided.
template <std::integral N>
[[nodiscard]] constexpr bool is_minus_one(N b) {
  if constexpr (std::is_signed_v<N>) return b == -1;
  else return false;
}

template <class N>
[[nodiscard]] N sum_of(N a, N b) {
  if constexpr (std::is_integral_v<N>) return wrapping::add(a, b);
  else return a + b;
}

template <class N>
[[nodiscard]] N difference_of(N a, N b) {
  if constexpr (std::is_integral_v<N>) return wrapping::sub(a, b);
  else return a - b;
}

template <class N>
[[nodiscard]] N product_of(N a, N b) {
  if constexpr (std::is_integral_v<N>) return wrapping::mul(a, b);
  else return a * b;
}

/// Integers divide toward zero; by zero it gives 0.
template <class N>
[[nodiscard]] N quotient_of(N a, N b) {
  if constexpr (!std::is_integral_v<N>) return a / b;
  else if (b == 0) return 0;
  else if (is_minus_one(b)) return wrapping::sub(N{0}, a);  // also of the smallest integer
  else return a / b;
}

/// With the dividend's sign; of integers 0 for a division by zero.
template <class N>
[[nodiscard]] N remainder_of(N a, N b) {
  if constexpr (!std::is_integral_v<N>) return std::fmod(a, b);
  else return b == 0 || is_minus_one(b) ? 0 : a % b;
}

/// Integers to a negative power are what is left of the fraction: 0 but for 1 and -1.
template <class N>
[[nodiscard]] N power(N a, N b) {
  if constexpr (!std::is_integral_v<N>) {
    return std::pow(a, b);
  } else {
    if constexpr (std::is_signed_v<N>) {
      if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0;
    }
    N result = 1;
    for (; b > 0; b /= 2, a = wrapping::mul(a, a)) {
      if (b % 2 == 1) result = wrapping::mul(result, a);
    }
    return result;
  }
}

/// Maximum and minimum that keep a NaN.
template <class N>
[[nodiscard]] N larger(N a, N b) {
  return b > a || b != b ? b : a;
}
template <class N>
[[nodiscard]] N smaller(N a, N b) {
  return b < a || b != b ? b : a;
}

/// Whether `a` stands before `b` in a list of the largest (smallest) first; a NaN is larger than every number.
template <class N>
[[nodiscard]] bool before(bool largest, N a, N b) {
  if (a != a || b != b) return largest ? a != a && b == b : a == a && b != b;
  return largest ? a > b : a < b;
}

}  // namespace banoff::reference
