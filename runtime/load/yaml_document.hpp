// A YAML document as an immutable tree that knows its line numbers, read under limits.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/load/load.hpp"

namespace banoff {

struct Yaml;
using YamlPtr = std::shared_ptr<const Yaml>;

struct YamlEntry {
  std::string key;
  int line = 0;
  YamlPtr value;
};

/// One node. Aliases share the subtree they name, but count in full in `size`.
struct Yaml {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  bool quoted = false;  ///< a scalar in quotes is a string whatever it looks like
  int line = 0;         ///< 1-based
  std::string text;
  std::vector<YamlPtr> items;
  std::vector<YamlEntry> entries;
  std::size_t size = 1;  ///< nodes from here down, aliases expanded
  std::size_t depth = 1;

  [[nodiscard]] bool is(Kind k) const { return kind == k; }
  [[nodiscard]] const YamlEntry* find(std::string_view key) const;
};

/// Parses the only document of `text`. Throws bad_input with file:line for malformed text, duplicate keys, keys that
/// are not text, and anything beyond the limits (checked while parsing).
[[nodiscard]] YamlPtr parse_document(std::string_view text, const std::string& file, const LoadLimits& limits);

/// Throws bad_input as "file:line: message".
[[noreturn]] void fail_at(const std::string& file, int line, const std::string& message);

/// Throws unless `map` is a map whose keys are all among `known`; `what` names it in the message.
void check_keys(const Yaml& map, std::string_view what, const std::vector<std::string_view>& known,
                const std::string& file);

}  // namespace banoff
