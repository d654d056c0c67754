// What an expression gives, and what a scalar or list of a model file becomes before an attribute is read from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace banoff {

struct Datum;

/// A list that knows how big it is with everything inside, so that hostile nesting is refused when it is made.
struct List {
  std::vector<Datum> items;
  std::size_t weight = 1;
  std::size_t depth = 1;
};

/// null, boolean, integer, float, string or list. Lists are shared, so copies are cheap.
struct Datum {
  using ListPtr = std::shared_ptr<List>;  // changed by append alone, while nobody else has it
  std::variant<std::monostate, bool, std::int64_t, double, std::string, ListPtr> data;

  static constexpr std::size_t max_weight = 100'000;  ///< values in one list, however nested
  static constexpr std::size_t max_depth = 16;
  static constexpr std::size_t max_text = 100'000;  ///< bytes of one string

  Datum() = default;
  Datum(bool v) : data(v) {}
  Datum(std::int64_t v) : data(v) {}
  Datum(double v) : data(v) {}
  Datum(std::string v) : data(std::move(v)) {}
  /// Throws bad_input when the list is too large or nested too deep.
  explicit Datum(std::vector<Datum> items);
  /// Adds an item to a list. Copies of the list keep what they held: it parts from them first, and returns how many
  /// items that copied.
  std::size_t append(Datum item);

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&data);
  }
  [[nodiscard]] bool is_null() const { return data.index() == 0; }
  [[nodiscard]] bool is_number() const { return as<std::int64_t>() != nullptr || as<double>() != nullptr; }
  /// The items of a list; null if it is none.
  [[nodiscard]] const std::vector<Datum>* items() const {
    const auto* list = as<ListPtr>();
    return list == nullptr ? nullptr : &(*list)->items;
  }
  /// An integer or float as a double; throws bad_input for anything else.
  [[nodiscard]] double number() const;
  /// As Python: zero, empty and null are false.
  [[nodiscard]] bool truthy() const;
  [[nodiscard]] std::size_t weight() const;
  /// Spliced into a text: a string without quotes.
  [[nodiscard]] std::string str() const;
  /// For messages: "the text 'abc'", "3", "a list of 2".
  [[nodiscard]] std::string describe() const;

  friend bool operator==(const Datum& a, const Datum& b);
};

/// What an unquoted scalar means: null, true/false, an integer, a float (.inf and .nan included), else a string.
[[nodiscard]] Datum datum_of(const std::string& text);

}  // namespace banoff
