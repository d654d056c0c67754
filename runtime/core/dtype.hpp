// From a DType value to a C++ type and back.
#pragma once

#include <limits>
#include <type_traits>

#include "banoff/tensor.hpp"
#include "runtime/core/half.hpp"

namespace banoff {

/// Storage type of DType::boolean: one byte, 0 or 1, told apart from u8 by its own type.
struct Bool {
  std::uint8_t value;
};

template <class T>
inline constexpr DType dtype_of = [] {
  if constexpr (std::is_same_v<T, double>) return DType::f64;
  else if constexpr (std::is_same_v<T, float>) return DType::f32;
  else if constexpr (std::is_same_v<T, f16>) return DType::f16;
  else if constexpr (std::is_same_v<T, bf16>) return DType::bf16;
  else if constexpr (std::is_same_v<T, std::int64_t>) return DType::i64;
  else if constexpr (std::is_same_v<T, std::int32_t>) return DType::i32;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return DType::u8;
  else if constexpr (std::is_same_v<T, Bool>) return DType::boolean;
}();

[[nodiscard]] constexpr bool is_float(DType type) noexcept {
  return type == DType::f64 || type == DType::f32 || type == DType::f16 || type == DType::bf16;
}

[[nodiscard]] constexpr bool is_integer(DType type) noexcept { return !is_float(type) && type != DType::boolean; }

/// Calls f(T{}) with the C++ type that stores `type`.
template <class F>
decltype(auto) visit_dtype(DType type, F&& f) {
  switch (type) {
    case DType::f64: return f(double{});
    case DType::f32: return f(float{});
    case DType::f16: return f(f16{});
    case DType::bf16: return f(bf16{});
    case DType::i64: return f(std::int64_t{});
    case DType::i32: return f(std::int32_t{});
    case DType::u8: return f(std::uint8_t{});
    case DType::boolean: break;
  }
  return f(Bool{});
}

/// Converts one element between storage types. From float to integer it truncates toward zero; what the integer cannot
/// hold becomes its nearest value, and a NaN 0.
template <class To, class From>
[[nodiscard]] To cast_element(From v) noexcept {
  if constexpr (std::is_same_v<From, To>) return v;
  else if constexpr (std::is_same_v<From, f16> || std::is_same_v<From, bf16>) return cast_element<To>(to_float(v));
  else if constexpr (std::is_same_v<From, Bool>) return cast_element<To>(v.value);
  else if constexpr (std::is_same_v<To, f16>) return to_f16(static_cast<float>(v));
  else if constexpr (std::is_same_v<To, bf16>) return to_bf16(static_cast<float>(v));
  else if constexpr (std::is_same_v<To, Bool>) return Bool{static_cast<std::uint8_t>(v != From{})};
  else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // A power of two, exact as a float, which the largest integer itself need not be.
    constexpr From beyond = From{2} * static_cast<From>(std::numeric_limits<To>::max() / 2 + 1);
    if (v >= beyond) return std::numeric_limits<To>::max();
    if (v <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    return v == v ? static_cast<To>(v) : To{0};
  } else return static_cast<To>(v);
}

}  // namespace banoff
