// One attribute from a Datum and back to YAML text: an overload pair per kind of attribute (graph/op_types.hpp).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "runtime/core/by_enum.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/ops.hpp"
#include "runtime/load/datum.hpp"
#include "runtime/load/suggest.hpp"

namespace banoff {

// Readers throw bad_input saying what was expected and what was given.
void read_attribute(const Datum& from, std::int64_t& to);
void read_attribute(const Datum& from, double& to);
void read_attribute(const Datum& from, bool& to);
void read_attribute(const Datum& from, std::string& to);
void read_attribute(const Datum& from, Spatial& to);
void read_attribute(const Datum& from, Padding& to);
void read_attribute(const Datum& from, DType& to);
void read_attribute(const Datum& from, std::array<std::uint8_t, 3>& to);

// Printers give text that reads back to the same value.
[[nodiscard]] std::string print_attribute(std::int64_t v);
[[nodiscard]] std::string print_attribute(double v);
[[nodiscard]] std::string print_attribute(bool v);
[[nodiscard]] std::string print_attribute(const std::string& v);
[[nodiscard]] std::string print_attribute(const Spatial& v);
[[nodiscard]] std::string print_attribute(const Padding& v);
[[nodiscard]] std::string print_attribute(DType v);
[[nodiscard]] std::string print_attribute(const std::array<std::uint8_t, 3>& v);

/// A text as YAML: plain where that is safe, else in double quotes.
[[nodiscard]] std::string yaml_literal(const std::string& text);
/// The same for places where expressions are evaluated: `$` doubled.
[[nodiscard]] std::string yaml_text(const std::string& text);

template <class E>
concept WordEnum = std::is_enum_v<E> &&(words_of<E>.size() > 0);

template <WordEnum E>
void read_attribute(const Datum& from, E& to) {
  const auto* text = from.as<std::string>();
  const std::vector<std::string_view> words(words_of<E>.begin(), words_of<E>.end());
  if (text == nullptr) fail_input("expected one of {}, got {}", fmt::join(words, ", "), from.describe());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == *text) {
      to = static_cast<E>(i);
      return;
    }
  }
  fail_input("unknown word '{}'{}", *text, did_you_mean(*text, words));
}

template <WordEnum E>
[[nodiscard]] std::string print_attribute(E v) {
  return std::string(row_for(words_of<E>, v));
}

/// null is absence.
template <class T>
void read_attribute(const Datum& from, std::optional<T>& to) {
  if (from.is_null()) to.reset();
  else read_attribute(from, to.emplace());
}

template <class T>
[[nodiscard]] std::string print_attribute(const std::optional<T>& v) {
  return v ? print_attribute(*v) : "null";
}

/// A list; one value alone is a list of one.
template <class T>
void read_attribute(const Datum& from, std::vector<T>& to) {
  to.clear();
  const auto* items = from.items();
  if (items == nullptr) {
    read_attribute(from, to.emplace_back());
    return;
  }
  for (const Datum& item : *items) read_attribute(item, to.emplace_back());
}

template <class T>
[[nodiscard]] std::string print_attribute(const std::vector<T>& v) {
  std::string result = "[";
  for (std::size_t i = 0; i < v.size(); ++i) result += (i == 0 ? "" : ", ") + print_attribute(v[i]);
  return result + "]";
}

}  // namespace banoff
