// From a DType value to a C++ type and back.
#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <optional>
#include <stdexcept>
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
  else if constexpr (std::is_same_v<T, std::int16_t>) return DType::i16;
  else if constexpr (std::is_same_v<T, std::int8_t>) return DType::i8;
  else if constexpr (std::is_same_v<T, std::uint64_t>) return DType::u64;
  else if constexpr (std::is_same_v<T, std::uint32_t>) return DType::u32;
  else if constexpr (std::is_same_v<T, std::uint16_t>) return DType::u16;
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
    case DType::i16: return f(std::int16_t{});
    case DType::i8: return f(std::int8_t{});
    case DType::u64: return f(std::uint64_t{});
    case DType::u32: return f(std::uint32_t{});
    case DType::u16: return f(std::uint16_t{});
    case DType::u8: return f(std::uint8_t{});
    case DType::boolean: break;
  }
  return f(Bool{});
}

/// A value for every element type; made as a constant, a type without a row, or with two, does not compile.
template <class V>
class DTypeTable {
 public:
  struct Row {
    DType type;
    V value;
  };
  constexpr explicit DTypeTable(const Row (&rows)[dtype_count]) {
    std::array<bool, dtype_count> given{};
    for (const Row& row : rows) {
      const auto i = static_cast<std::size_t>(row.type);
      if (given[i]) throw std::logic_error("two rows for one element type");
      given[i] = true;
      values_[i] = row.value;
    }
  }
  [[nodiscard]] constexpr const V& operator[](DType type) const noexcept {
    return values_[static_cast<std::size_t>(type)];
  }
  /// The first type that has this value.
  [[nodiscard]] constexpr std::optional<DType> find(const std::equality_comparable_with<V> auto& value) const {
    for (std::size_t i = 0; i < dtype_count; ++i) {
      if (values_[i] == value) return static_cast<DType>(i);
    }
    return std::nullopt;
  }
  [[nodiscard]] constexpr const std::array<V, dtype_count>& values() const noexcept { return values_; }

 private:
  std::array<V, dtype_count> values_{};
};

/// Converts one element between storage types. Between integers it wraps. From float to integer it truncates toward
/// zero; what the integer cannot hold becomes its nearest value, and a NaN 0.
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
