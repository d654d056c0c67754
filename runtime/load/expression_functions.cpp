// Operators and built-in functions. Integers stay integers and never wrap; `/` gives a float, as in Python.
#include <algorithm>
#include <cmath>

#include "runtime/core/checked.hpp"
#include "runtime/load/expression_tree.hpp"
#include "runtime/load/suggest.hpp"

namespace banoff {

namespace {

using Integer = std::int64_t;

Integer integer_of(double value) {
  if (!(std::abs(value) < 0x1p63)) fail_input("{} does not fit in 64 bits", value);
  return static_cast<Integer>(value);
}

Integer floor_div(Integer a, Integer b) {
  if (b == 0) fail_input("division by zero");
  if (b == -1) return checked_mul(a, -1);
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

Integer power(Integer base, Integer exponent) {
  Integer result = 1;
  // |base| >= 2 overflows within 63 steps; 0, 1 and -1 only need the exponent's parity.
  if (base >= -1 && base <= 1) return exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? 1 : base;
  for (Integer i = 0; i < exponent; ++i) result = checked_mul(result, base);
  return result;
}

Datum integer_arithmetic(std::string_view op, Integer a, Integer b) {
  if (op == "+") return checked_add(a, b);
  if (op == "*") return checked_mul(a, b);
  if (op == "//") return floor_div(a, b);
  if (op == "**" && b >= 0) return power(a, b);
  if (op == "-") {
    Integer difference = 0;
    if (__builtin_sub_overflow(a, b, &difference)) fail_input("{} - {} does not fit in 64 bits", a, b);
    return difference;
  }
  if (op == "%") return b == -1 ? Integer{0} : a - floor_div(a, b) * b;
  if (op == "**") return std::pow(static_cast<double>(a), static_cast<double>(b));
  if (b == 0) fail_input("division by zero");
  return static_cast<double>(a) / static_cast<double>(b);
}

Datum real_arithmetic(std::string_view op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "**") return std::pow(a, b);
  if (b == 0) fail_input("division by zero");
  if (op == "/") return a / b;
  if (op == "//") return std::floor(a / b);
  return a - std::floor(a / b) * b;
}

bool less(const Datum& a, const Datum& b) {
  const auto *x = a.as<std::string>(), *y = b.as<std::string>();
  if (x != nullptr && y != nullptr) return *x < *y;
  const auto *m = a.as<Integer>(), *n = b.as<Integer>();
  if (m != nullptr && n != nullptr) return *m < *n;
  if (!a.is_number() || !b.is_number()) fail_input("{} and {} cannot be compared", a.describe(), b.describe());
  return a.number() < b.number();
}

Datum concatenated(const Datum& a, const Datum& b) {
  if (const auto* x = a.as<std::string>(), *y = b.as<std::string>(); x != nullptr && y != nullptr) {
    if (x->size() + y->size() > Datum::max_text) fail_input("a text longer than {} bytes", Datum::max_text);
    return *x + *y;
  }
  if (const auto* x = a.items(), *y = b.items(); x != nullptr && y != nullptr) {
    std::vector<Datum> items = *x;
    items.insert(items.end(), y->begin(), y->end());
    return Datum(std::move(items));
  }
  fail_input("{} and {} cannot be added", a.describe(), b.describe());
}

Datum range(const std::vector<Datum>& arguments) {
  std::vector<Integer> numbers;
  for (const Datum& argument : arguments) {
    const auto* number = argument.as<Integer>();
    if (number == nullptr) fail_input("range: expected an integer, got {}", argument.describe());
    numbers.push_back(*number);
  }
  const Integer begin = numbers.size() > 1 ? numbers[0] : 0;
  const Integer end = numbers.size() > 1 ? numbers[1] : numbers[0];
  const Integer step = numbers.size() > 2 ? numbers[2] : 1;
  if (step == 0) fail_input("range: a step of 0");
  std::vector<Datum> items;
  for (Integer i = begin; step > 0 ? i < end : i > end; i = checked_add(i, step)) {
    if (items.size() >= Datum::max_weight) fail_input("range: more than {} values", Datum::max_weight);
    items.emplace_back(i);
  }
  return Datum(std::move(items));
}

Datum extreme(const std::string& name, const std::vector<Datum>& arguments) {
  const std::vector<Datum>* values = &arguments;
  if (arguments.size() == 1) values = arguments[0].items();
  if (values == nullptr || values->empty()) fail_input("{}: expected a list or several values", name);
  return name == "min" ? *std::ranges::min_element(*values, less) : *std::ranges::max_element(*values, less);
}

Datum to_integer(const std::string& name, const Datum& value) {
  if (value.as<Integer>() != nullptr) return value;
  if (name == "int") {
    if (const auto* boolean = value.as<bool>()) return Integer{*boolean ? 1 : 0};
    if (const auto* text = value.as<std::string>()) {
      Datum parsed = datum_of(*text);
      if (parsed.as<Integer>() == nullptr) fail_input("int: {} is no integer", value.describe());
      return parsed;
    }
    return integer_of(std::trunc(value.number()));
  }
  if (name == "floor") return integer_of(std::floor(value.number()));
  if (name == "ceil") return integer_of(std::ceil(value.number()));
  return integer_of(std::nearbyint(value.number()));  // round: halves go to the even neighbour
}

Datum length(const Datum& value) {
  if (const auto* text = value.as<std::string>()) return static_cast<Integer>(text->size());
  if (const auto* list = value.items()) return static_cast<Integer>(list->size());
  fail_input("len: expected a list or a text, got {}", value.describe());
}

Datum absolute(const Datum& value) {
  if (const auto* integer = value.as<Integer>()) return *integer < 0 ? checked_mul(*integer, -1) : *integer;
  return std::abs(value.number());
}

}  // namespace

Datum apply_operator(std::string_view op, const Datum& a, const Datum& b) {
  if (op == "==") return a == b;
  if (op == "!=") return !(a == b);
  if (op == "<") return less(a, b);
  if (op == ">") return less(b, a);
  if (op == "<=") return !less(b, a);
  if (op == ">=") return !less(a, b);
  if (op == "+" && !(a.is_number() && b.is_number())) return concatenated(a, b);
  const auto *x = a.as<Integer>(), *y = b.as<Integer>();
  if (x != nullptr && y != nullptr) return integer_arithmetic(op, *x, *y);
  if (!a.is_number() || !b.is_number()) fail_input("{} {} {}: expected numbers", a.describe(), op, b.describe());
  return real_arithmetic(op, a.number(), b.number());
}

Datum call_function(const std::string& name, const std::vector<Datum>& arguments) {
  if (name == "min" || name == "max") return extreme(name, arguments);
  const std::vector<std::string_view> known{"min",  "max", "abs", "round", "floor",
                                            "ceil", "int", "len", "range", "str"};
  if (std::ranges::find(known, name) == known.end()) {
    fail_input("there is no function '{}'{}", name, did_you_mean(name, known));
  }
  const std::size_t most = name == "range" ? 3 : 1;
  if (arguments.empty() || arguments.size() > most) fail_input("{}: {} arguments", name, arguments.size());
  if (name == "range") return range(arguments);
  if (name == "len") return length(arguments[0]);
  if (name == "str") return arguments[0].str();
  if (name == "abs") return absolute(arguments[0]);
  return to_integer(name, arguments[0]);
}

}  // namespace banoff
