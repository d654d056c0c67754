// Tables with a row for every enumerator, in the enumeration's order: one that has grown apart from it does not
// compile.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace banoff {

/// Whether an enumerator has this value: a value without a name is printed as a cast, "(E)7".
template <auto value>
consteval bool is_enumerator() {
  const std::string_view text = __PRETTY_FUNCTION__;
  return text.find("value = (") == std::string_view::npos;
}

/// How many enumerators there are, counted from 0 on.
template <class E, std::size_t counted = 0>
consteval std::size_t enumerators() {
  if constexpr (is_enumerator<static_cast<E>(counted)>()) return enumerators<E, counted + 1>();
  else return counted;
}

template <class E, class Row, std::size_t rows>
[[nodiscard]] constexpr const Row& row_for(const std::array<Row, rows>& table, E enumerator) noexcept {
  static_assert(rows == enumerators<E>(), "the table has a row for every enumerator");
  return table[static_cast<std::size_t>(enumerator)];
}

template <class E, class Row, std::size_t rows>
[[nodiscard]] constexpr const Row& row_for(const Row (&table)[rows], E enumerator) noexcept {
  static_assert(rows == enumerators<E>(), "the table has a row for every enumerator");
  return table[static_cast<std::size_t>(enumerator)];
}

}  // namespace banoff
