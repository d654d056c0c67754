#include "runtime/load/expression.hpp"

#include <cctype>

#include "runtime/core/checked.hpp"
#include "runtime/load/expression_tree.hpp"
#include "runtime/load/suggest.hpp"

namespace banoff {

const Datum* Env::find(std::string_view name) const {
  for (const Env* env = this; env != nullptr; env = env->parent) {
    if (const auto found = env->names.find(name); found != env->names.end()) {
      ++env->uses;
      return &found->second;
    }
  }
  return nullptr;
}

namespace {

Datum lookup(const std::string& name, const Env& env) {
  if (const Datum* found = env.find(name)) return *found;
  std::vector<std::string_view> known;
  for (const Env* level = &env; level != nullptr; level = level->parent) {
    for (const auto& [key, value] : level->names) known.push_back(key);
  }
  fail_input("there is no name '{}'{}", name, did_you_mean(name, known));
}

Datum index(const Datum& list, const Datum& position) {
  const auto* items = list.items();
  const auto* given = position.as<std::int64_t>();
  if (items == nullptr) fail_input("only a list can be indexed, not {}", list.describe());
  if (given == nullptr) fail_input("an index must be an integer, not {}", position.describe());
  const std::int64_t at = *given < 0 ? *given + std::ssize(*items) : *given;
  if (at < 0 || at >= std::ssize(*items)) fail_input("index {} into a list of {}", *given, items->size());
  return (*items)[static_cast<std::size_t>(at)];
}

Datum sign(const std::string& op, const Datum& value) {
  if (op == "not") return !value.truthy();
  if (op == "+") return value.as<std::int64_t>() != nullptr ? value : Datum(value.number());
  if (const auto* integer = value.as<std::int64_t>()) return checked_mul(*integer, -1);
  return -value.number();
}

Datum evaluate(const Expression& e, const Env& env) {
  using Kind = Expression::Kind;
  const auto child = [&](std::size_t i) { return evaluate(e.children[i], env); };
  const auto children = [&] {
    std::vector<Datum> values;
    for (std::size_t i = 0; i < e.children.size(); ++i) values.push_back(child(i));
    return values;
  };
  switch (e.kind) {
    case Kind::literal: return e.literal;
    case Kind::name: return lookup(e.word, env);
    case Kind::list: return Datum(children());
    case Kind::unary: return sign(e.word, child(0));
    case Kind::binary: return apply_operator(e.word, child(0), child(1));
    case Kind::logical: {
      Datum left = child(0);
      return left.truthy() == (e.word == "and") ? child(1) : left;
    }
    case Kind::conditional: return child(0).truthy() ? child(1) : child(2);
    case Kind::index: return index(child(0), child(1));
    case Kind::call: return call_function(e.word, children());
  }
  fail_internal("an expression of no kind");
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The expression that starts at the `$` at `at`, and where the text goes on behind it.
std::pair<std::string_view, std::size_t> expression_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  if (end < text.size() && text[end] == '{') {
    char quote = 0;
    for (++end; end < text.size() && (quote != 0 || text[end] != '}'); ++end) {
      if (quote != 0) quote = text[end] == quote ? '\0' : quote;
      else if (text[end] == '\'' || text[end] == '"') quote = text[end];
    }
    if (end == text.size()) fail_input("'${{' without its '}}'");
    return {text.substr(at + 2, end - at - 2), end + 1};
  }
  while (end < text.size() && is_word(text[end])) ++end;
  if (end == at + 1) fail_input("'$' must be followed by a name or {{; write $$ for a dollar sign");
  return {text.substr(at + 1, end - at - 1), end};
}

Datum evaluate_in(std::string_view expression, const Env& env) {
  try {
    return evaluate(expression, env);
  } catch (const Error& error) {
    const std::string_view shown = expression.substr(0, 80);
    throw Error(error.kind(), fmt::format("in '${{{}}}': {}", shown, error.what()));
  }
}

}  // namespace

Datum evaluate(std::string_view expression, const Env& env) { return evaluate(parse_expression(expression), env); }

Datum interpolate(const std::string& text, const Env& env) {
  std::string result;
  std::size_t at = 0;
  for (std::size_t dollar = text.find('$'); dollar != std::string::npos; dollar = text.find('$', at)) {
    result.append(text, at, dollar - at);
    if (dollar + 1 < text.size() && text[dollar + 1] == '$') {
      result += '$';
      at = dollar + 2;
      continue;
    }
    const auto [expression, next] = expression_at(text, dollar);
    Datum value = evaluate_in(expression, env);
    if (dollar == 0 && next == text.size()) return value;
    result += value.str();
    if (result.size() > Datum::max_text) fail_input("a text longer than {} bytes", Datum::max_text);
    at = next;
  }
  result.append(text, at);
  return result;
}

namespace {
Datum interpolate_unlocated(const Yaml& yaml, const Env& env) {
  switch (yaml.kind) {
    case Yaml::Kind::null: return {};
    case Yaml::Kind::scalar:
      if (yaml.text.find('$') != std::string::npos) return interpolate(yaml.text, env);
      return yaml.quoted ? Datum(yaml.text) : datum_of(yaml.text);
    case Yaml::Kind::list: {
      std::vector<Datum> items;
      for (const YamlPtr& item : yaml.items) items.push_back(interpolate_unlocated(*item, env));
      return Datum(std::move(items));
    }
    case Yaml::Kind::map: break;
  }
  fail_input("a map cannot stand here");
}
}  // namespace

Datum interpolate(const Yaml& yaml, const Env& env, const std::string& file) {
  try {
    return interpolate_unlocated(yaml, env);
  } catch (const Error& error) {
    fail_at(file, yaml.line, error.what());
  }
}

}  // namespace banoff
