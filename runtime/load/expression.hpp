// The expressions of a model file: `$name` and `${…}` inside YAML scalars. No loops, no side effects, bounded work.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/load/datum.hpp"
#include "runtime/load/yaml_document.hpp"

namespace banoff {

/// Names an expression can use; looked up here, then in `parent`. `uses` counts look-ups that this level answered.
struct Env {
  const Env* parent = nullptr;
  std::map<std::string, Datum, std::less<>> names;
  mutable std::size_t uses = 0;

  [[nodiscard]] const Datum* find(std::string_view name) const;
};

inline constexpr std::size_t max_expression_bytes = 4096;
inline constexpr std::size_t max_expression_depth = 64;
inline constexpr std::size_t max_expression_operators = 256;

/// Parses and evaluates one expression. Throws bad_input (without a location).
[[nodiscard]] Datum evaluate(std::string_view expression, const Env& env);

/// A text with its expressions replaced: the value itself when the text is one expression, else a string. `$$` is `$`.
[[nodiscard]] Datum interpolate(const std::string& text, const Env& env);

/// A scalar or list of the file as a value. Throws bad_input with file:line; maps are refused.
[[nodiscard]] Datum interpolate(const Yaml& yaml, const Env& env, const std::string& file);

}  // namespace banoff
