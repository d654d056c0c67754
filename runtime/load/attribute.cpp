#include "runtime/load/attribute.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace banoff {

void read_attribute(const Datum& from, std::int64_t& to) {
  const auto* value = from.as<std::int64_t>();
  if (value == nullptr) {
    fail_input("expected an integer, got {}{}", from.describe(),
               from.as<double>() == nullptr ? "" : " (// divides integers)");
  }
  to = *value;
}

void read_attribute(const Datum& from, double& to) { to = from.number(); }

void read_attribute(const Datum& from, bool& to) {
  const auto* value = from.as<bool>();
  if (value == nullptr) fail_input("expected true or false, got {}", from.describe());
  to = *value;
}

void read_attribute(const Datum& from, std::string& to) {
  if (from.items() != nullptr || from.is_null()) fail_input("expected a text, got {}", from.describe());
  to = from.str();
}

void read_attribute(const Datum& from, Spatial& to) {
  Ints values;
  read_attribute(from, values);
  if (values.empty()) fail_input("expected a number or one per spatial dimension, got an empty list");
  to = Spatial(std::move(values));
}

void read_attribute(const Datum& from, Padding& to) {
  to = Padding{};
  if (const auto* word = from.as<std::string>()) {
    if (*word != "same" && *word != "same_lower") {
      fail_input("expected a number, a list, same or same_lower, got {}", from.describe());
    }
    to.mode = *word == "same" ? Padding::Mode::same : Padding::Mode::same_lower;
    return;
  }
  const auto* items = from.items();
  const bool pairs =
      items != nullptr && std::ranges::any_of(*items, [](const Datum& d) { return d.items() != nullptr; });
  if (!pairs) {
    read_attribute(from, to.begin);
    to.end = to.begin;
    return;
  }
  Ints begin, end;
  for (const Datum& item : *items) {
    Ints pair;
    read_attribute(item, pair);
    if (pair.size() != 2) fail_input("expected a [begin, end] pair, got {}", item.describe());
    begin.push_back(pair[0]);
    end.push_back(pair[1]);
  }
  to.begin = Spatial(std::move(begin));
  to.end = Spatial(std::move(end));
}

void read_attribute(const Datum& from, DType& to) {
  const auto* name = from.as<std::string>();
  if (name == nullptr) fail_input("expected an element type, got {}", from.describe());
  to = dtype_named(*name);
}

void read_attribute(const Datum& from, std::array<std::uint8_t, 3>& to) {
  Ints values;
  read_attribute(from, values);
  const auto is_byte = [](std::int64_t v) { return v >= 0 && v <= 255; };
  if (values.size() != 3 || !std::ranges::all_of(values, is_byte)) {
    fail_input("expected three numbers from 0 to 255, got {}", from.str());
  }
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::uint8_t>(values[i]);
}

std::string print_attribute(std::int64_t v) { return fmt::format("{}", v); }

std::string print_attribute(double v) {
  if (std::isnan(v)) return ".nan";
  if (std::isinf(v)) return v > 0 ? ".inf" : "-.inf";
  return fmt::format("{}", v);
}

std::string print_attribute(bool v) { return v ? "true" : "false"; }

std::string print_attribute(const std::string& v) { return yaml_text(v); }

std::string print_attribute(const Spatial& v) {
  return v.values.size() == 1 ? print_attribute(v.values[0]) : print_attribute(v.values);
}

std::string print_attribute(const Padding& v) {
  if (v.mode != Padding::Mode::given) return v.mode == Padding::Mode::same ? "same" : "same_lower";
  if (v.begin == v.end) return print_attribute(v.begin);
  std::vector<Ints> pairs;
  for (std::size_t i = 0; i < std::max(v.begin.values.size(), v.end.values.size()); ++i) {
    pairs.push_back({v.begin.at(i), v.end.at(i)});
  }
  return print_attribute(pairs);
}

std::string print_attribute(DType v) { return std::string(name_of(v)); }

std::string print_attribute(const std::array<std::uint8_t, 3>& v) {
  return fmt::format("[{}, {}, {}]", v[0], v[1], v[2]);
}

std::string yaml_literal(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '/';
  };
  const bool starts_plain = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
  // Words that YAML readers take for null or booleans stay quoted.
  constexpr std::array<std::string_view, 8> words{"null", "true", "false", "yes", "no", "on", "off", "nan"};
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (starts_plain && std::ranges::all_of(text, is_plain) && std::ranges::find(words, lower) == words.end())
    return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      result += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    else result += c;
  }
  return result + "\"";
}

std::string yaml_text(const std::string& text) {
  std::string doubled;
  for (const char c : text) doubled += c == '$' ? "$$" : std::string(1, c);
  return yaml_literal(doubled);
}

}  // namespace banoff
