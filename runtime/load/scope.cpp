#include "runtime/load/scope.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "runtime/core/fail.hpp"
#include "runtime/load/suggest.hpp"

namespace banoff {

std::vector<Item> items_of(const Yaml& nodes, const std::string& file) {
  if (!nodes.is(Yaml::Kind::list)) fail_at(file, nodes.line, "nodes must be a list");
  std::vector<Item> items;
  for (const YamlPtr& node : nodes.items) {
    if (!node->is(Yaml::Kind::map) || node->entries.size() != 1) {
      fail_at(file, node->line, "a node is written as '- name: …', one key and what it is");
    }
    const YamlEntry& entry = node->entries[0];
    items.push_back({entry.key, entry.line, entry.value});
  }
  return items;
}

std::string Registry::path_of(const std::string& reference, const Scope& scope) const {
  for (const Scope* level = &scope; level != nullptr; level = level->parent) {
    if (std::string path = level->prefix + reference; entries.contains(path)) return path;
  }
  if (reference.starts_with('/') && entries.contains(reference.substr(1))) return reference.substr(1);
  return {};
}

const Values* Registry::find(const std::string& reference, const Scope& scope) const {
  for (const Scope* level = &scope; level != nullptr; level = level->parent) {
    if (const auto name = level->names.find(reference); name != level->names.end()) return &name->second;
    if (const auto entry = entries.find(level->prefix + reference); entry != entries.end())
      return &entry->second.values;
  }
  if (!reference.starts_with('/')) return nullptr;
  const auto entry = entries.find(reference.substr(1));
  return entry == entries.end() ? nullptr : &entry->second.values;
}

namespace {
/// "split[1]" as "split" and 1.
std::optional<std::pair<std::string, std::size_t>> indexed(const std::string& reference) {
  const std::size_t open = reference.rfind('[');
  if (open == std::string::npos || !reference.ends_with(']')) return std::nullopt;
  std::size_t index = 0;
  const char* end = reference.data() + reference.size() - 1;
  const auto [stop, error] = std::from_chars(reference.data() + open + 1, end, index);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return std::pair(reference.substr(0, open), index);
}
}  // namespace

Values Registry::resolve(const std::string& reference, const Scope& scope) const {
  if (const Values* values = find(reference, scope)) return *values;
  const auto element = indexed(reference);
  if (!element) fail_input("{}", explain_missing(reference, scope));
  const Values* values = find(element->first, scope);
  if (values == nullptr) fail_input("{}", explain_missing(element->first, scope));
  if (element->second >= values->size()) {
    fail_input("reads '{}', but '{}' has {} output{}", reference, element->first, values->size(),
               values->size() == 1 ? "" : "s");
  }
  return {(*values)[element->second]};
}

namespace {

/// The item of `items` that a reference starts with.
std::optional<std::size_t> item_called(const std::vector<Item>& items, std::string_view reference) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string& name = items[i].name;
    if (!reference.starts_with(name)) continue;
    const std::string_view rest = reference.substr(name.size());
    if (rest.empty() || rest[0] == '.' || rest[0] == '[') return i;
  }
  return std::nullopt;
}

/// The sibling items that item `i` reads, as far as its text tells without evaluating it.
std::vector<std::size_t> reads(const std::vector<Item>& items, std::size_t i) {
  const YamlEntry* from = items[i].body->find("from");
  std::vector<std::size_t> result;
  if (from == nullptr) {
    if (i > 0) result.push_back(i - 1);
    return result;
  }
  const auto add = [&](const Yaml& reference) {
    if (const auto item = item_called(items, reference.text)) result.push_back(*item);
  };
  add(*from->value);
  for (const YamlPtr& reference : from->value->items) add(*reference);
  return result;
}

/// The way from item `from` along what it reads to item `to`; empty if there is none.
std::vector<std::size_t> reading_path(const std::vector<Item>& items, std::size_t from, std::size_t to) {
  constexpr std::size_t most = 2000;  // the search takes quadratic time, and only makes a message clearer
  if (items.size() > most) return {};
  std::vector<std::size_t> reader(items.size(), items.size());
  std::vector<std::size_t> frontier{from};
  std::set<std::size_t> seen{from};
  while (!frontier.empty()) {
    const std::size_t at = frontier.back();
    frontier.pop_back();
    for (const std::size_t next : reads(items, at)) {
      if (!seen.insert(next).second) continue;
      reader[next] = at;
      if (next != to) {
        frontier.push_back(next);
        continue;
      }
      std::vector<std::size_t> path{to};
      while (path.back() != from) path.push_back(reader[path.back()]);
      std::ranges::reverse(path);
      return path;
    }
  }
  return {};
}

}  // namespace

std::string explain_missing(const std::string& reference, const Scope& scope) {
  std::vector<std::string_view> known;
  for (const Scope* level = &scope; level != nullptr; level = level->parent) {
    for (const auto& [name, values] : level->names) known.push_back(name);
    if (level->items == nullptr) continue;
    const std::vector<Item>& items = *level->items;
    const auto found = item_called(items, reference);
    if (found && *found == level->current) return fmt::format("reads '{}', which it is part of: a cycle", reference);
    if (found && *found < level->current) {
      const std::string& name = items[*found].name;
      if (items[*found].body->find("when") != nullptr) {
        return fmt::format("reads '{}', but '{}' (line {}) is left out by its 'when'", reference, name,
                           items[*found].line);
      }
      return fmt::format("reads '{}', but '{}' (line {}) has nothing called so", reference, name, items[*found].line);
    }
    if (found) {
      const std::vector<std::size_t> path = reading_path(items, *found, level->current);
      if (path.empty()) {
        return fmt::format(
            "reads '{}', which is defined later (line {}); nodes are written in the order they are computed", reference,
            items[*found].line);
      }
      std::string cycle = items[level->current].name;
      for (const std::size_t i : path) cycle += " -> " + items[i].name;
      return fmt::format("reads '{}' (line {}): a cycle, {}", reference, items[*found].line, cycle);
    }
    for (std::size_t i = 0; i < level->current; ++i) known.push_back(items[i].name);
  }
  return fmt::format("reads '{}', which does not exist{}", reference, did_you_mean(reference, known));
}

}  // namespace banoff
