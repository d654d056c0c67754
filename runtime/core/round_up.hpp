// Whole steps that cover a number.
#pragma once

#include <concepts>
#include <type_traits>

namespace banoff {

/// How many steps cover `value`; neither is negative.
template <std::integral T>
[[nodiscard]] constexpr T divide_up(T value, std::type_identity_t<T> step) {
  return (value + step - 1) / step;
}
/// The first multiple of `step` from `value` on.
template <std::integral T>
[[nodiscard]] constexpr T round_up(T value, std::type_identity_t<T> step) {
  return divide_up(value, step) * step;
}

}  // namespace banoff
