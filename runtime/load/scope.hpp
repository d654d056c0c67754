// Where names are looked up while a network is expanded: items, scopes, and the references between them.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/load/expression.hpp"

namespace banoff {

using Values = std::vector<ValueId>;

/// One entry of a list of nodes, not yet expanded.
struct Item {
  std::string name;
  int line = 0;
  YamlPtr body;
};

/// The items of a list of nodes; each is a map of one key. Throws bad_input with file:line.
[[nodiscard]] std::vector<Item> items_of(const Yaml& nodes, const std::string& file);

/// The network, a group or an instance of a block while its items are expanded.
struct Scope {
  const Scope* parent = nullptr;
  std::string prefix;  ///< of the names inside: "layer1.0."; empty outermost
  const Env* env = nullptr;
  Values input;                                      ///< what the first item reads
  std::map<std::string, Values, std::less<>> names;  ///< a block's inputs
  std::string weights;                               ///< prefix of the nodes whose parameters are used; empty: own
  std::size_t depth = 0;
  const std::vector<Item>* items = nullptr;
  std::size_t current = 0;  ///< the item being expanded
};

/// Everything expanded so far, by its full path.
struct Registry {
  struct Entry {
    Values values;
    int line = 0;
  };
  std::unordered_map<std::string, Entry> entries;
  std::unordered_map<std::string, NodeId> nodes;

  /// The full path `reference` means in `scope`: looked up from there outward, or from the root after a `/`.
  /// Empty if nothing is called so.
  [[nodiscard]] std::string path_of(const std::string& reference, const Scope& scope) const;
  /// The values a reference means. Throws bad_input (without a location) saying why it means none.
  [[nodiscard]] Values resolve(const std::string& reference, const Scope& scope) const;

 private:
  [[nodiscard]] const Values* find(const std::string& reference, const Scope& scope) const;
};

/// Why `reference` means nothing in `scope`: it comes later, is a cycle, was left out, or is misspelt.
[[nodiscard]] std::string explain_missing(const std::string& reference, const Scope& scope);

}  // namespace banoff
