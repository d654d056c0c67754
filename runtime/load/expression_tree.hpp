// An expression as a tree, between its parser and its evaluator.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/datum.hpp"

namespace banoff {

struct Expression {
  enum class Kind : std::uint8_t { literal, name, list, unary, binary, logical, conditional, index, call };
  Kind kind = Kind::literal;
  Datum literal;
  std::string word;                  ///< the name, operator or function
  std::vector<Expression> children;  ///< conditional: condition, then, else
};

/// Throws bad_input for anything that is not one whole expression, and beyond the limits of size and depth.
[[nodiscard]] Expression parse_expression(std::string_view text);

/// A built-in function applied to its arguments. Throws bad_input for unknown names and wrong arguments.
[[nodiscard]] Datum call_function(const std::string& name, const std::vector<Datum>& arguments);

/// An arithmetic or comparison operator applied to two operands.
[[nodiscard]] Datum apply_operator(std::string_view op, const Datum& a, const Datum& b);

}  // namespace banoff
