// YAML nodes whose errors name the file and the line.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <string_view>
#include <vector>

namespace banoff::bench {

class Document {
 public:
  /// Throws bad_input when the file cannot be read, is too large or no YAML.
  explicit Document(const std::string& file);

  struct Entry;
  [[nodiscard]] bool is_scalar() const { return node_.IsScalar(); }
  [[nodiscard]] bool is_list() const { return node_.IsSequence(); }
  /// The entries of a map in file order. Throws for anything else, for duplicate keys, and for keys not in `known` if
  /// that is not empty.
  [[nodiscard]] std::vector<Entry> entries(const std::vector<std::string_view>& known = {}) const;
  [[nodiscard]] std::vector<Document> items() const;  ///< of a list; a single value counts as a list of one
  [[nodiscard]] std::string text() const;
  [[nodiscard]] double number() const;  ///< finite
  [[nodiscard]] std::int64_t integer(std::int64_t least, std::int64_t most) const;
  [[nodiscard]] bool boolean() const;
  [[noreturn]] void fail(const std::string& message) const;

 private:
  Document(std::string file, YAML::Node node) : file_(std::move(file)), node_(std::move(node)) {}
  template <class T>
  [[nodiscard]] T as(std::string_view what) const;

  std::string file_;
  YAML::Node node_;
};

struct Document::Entry {
  std::string key;
  Document value;
};

}  // namespace banoff::bench
