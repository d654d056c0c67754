#include "runtime/load/datum.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

/// The list has an item more.
void count(List& list, const Datum& item) {
  list.weight += item.weight();
  if (const auto* inner = item.as<Datum::ListPtr>()) list.depth = std::max(list.depth, (*inner)->depth + 1);
}

void check_size(const List& list) {
  if (list.weight > Datum::max_weight) fail_input("a list of more than {} values", Datum::max_weight);
  if (list.depth > Datum::max_depth) fail_input("lists nested more than {} levels deep", Datum::max_depth);
}

}  // namespace

Datum::Datum(std::vector<Datum> items) {
  auto list = std::make_shared<List>();
  for (const Datum& item : items) count(*list, item);
  check_size(*list);
  list->items = std::move(items);
  data = std::move(list);
}

std::size_t Datum::append(Datum item) {
  auto& list = std::get<ListPtr>(data);
  const std::size_t copied = list.use_count() > 1 ? list->items.size() : 0;
  if (list.use_count() > 1) list = std::make_shared<List>(*list);
  count(*list, item);
  check_size(*list);
  list->items.push_back(std::move(item));
  return copied;
}

double Datum::number() const {
  if (const auto* integer = as<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* real = as<double>()) return *real;
  fail_input("expected a number, got {}", describe());
}

bool Datum::truthy() const {
  if (const auto* boolean = as<bool>()) return *boolean;
  if (const auto* text = as<std::string>()) return !text->empty();
  if (const auto* list = items()) return !list->empty();
  return is_number() && number() != 0;
}

std::size_t Datum::weight() const {
  const auto* list = as<ListPtr>();
  return list == nullptr ? 1 : (*list)->weight;
}

std::string Datum::str() const {
  if (const auto* boolean = as<bool>()) return *boolean ? "true" : "false";
  if (const auto* integer = as<std::int64_t>()) return fmt::format("{}", *integer);
  if (const auto* real = as<double>()) return fmt::format("{}", *real);
  if (const auto* text = as<std::string>()) return *text;
  if (const auto* list = items()) {
    std::string result = "[";
    for (const Datum& item : *list) {
      if (result.size() > 1) result += ", ";
      result += item.str();
      if (result.size() > max_text) fail_input("a text longer than {} bytes", max_text);
    }
    return result + "]";
  }
  return "null";
}

std::string Datum::describe() const {
  if (const auto* text = as<std::string>()) return fmt::format("the text '{}'", text->substr(0, 80));
  if (const auto* list = items()) return fmt::format("a list of {}", list->size());
  return str();
}

bool operator==(const Datum& a, const Datum& b) {
  if (a.is_number() && b.is_number()) {
    const auto *x = a.as<std::int64_t>(), *y = b.as<std::int64_t>();
    return x != nullptr && y != nullptr ? *x == *y : a.number() == b.number();
  }
  if (a.data.index() != b.data.index()) return false;
  if (const auto* list = a.items()) return std::ranges::equal(*list, *b.items());
  return a.data == b.data;
}

Datum datum_of(const std::string& text) {
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  if (text == ".inf" || text == "+.inf") return std::numeric_limits<double>::infinity();
  if (text == "-.inf") return -std::numeric_limits<double>::infinity();
  if (text == ".nan") return std::numeric_limits<double>::quiet_NaN();
  if (text.empty() || text.find_first_not_of("+-.0123456789eE") != std::string::npos) return text;
  // from_chars takes no leading plus sign.
  const char* begin = text.data() + (text[0] == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto [stop, error] = std::from_chars(begin, end, integer); error == std::errc{} && stop == end)
    return integer;
  double real = 0;
  if (const auto [stop, error] = std::from_chars(begin, end, real); error == std::errc{} && stop == end) return real;
  return text;
}

}  // namespace banoff
