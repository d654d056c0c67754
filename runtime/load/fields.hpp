// Reading and printing the attributes of anything that lists them in a `fields(f, self)`.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/load/attribute.hpp"

namespace banoff {

/// What stood behind a key, and where.
struct Attribute {
  Datum value;
  int line = 0;
};
using Attributes = std::map<std::string, Attribute, std::less<>>;

/// A visitor for `fields` that fills members from attributes. `fail` throws at a line of the file.
class FieldReader {
 public:
  using Fail = std::function<void(int line, const std::string& message)>;
  FieldReader(const Attributes& attributes, int line, Fail fail)
      : attributes_(attributes), line_(line), fail_(std::move(fail)) {}

  template <class T>
  void operator()(std::string_view key, T& member) {
    known_.push_back(key);
    const auto found = attributes_.find(key);
    if (found == attributes_.end()) return;
    try {
      read_attribute(found->second.value, member);
    } catch (const Error& error) {
      fail_(found->second.line, std::string(key) + ": " + error.what());
    }
  }

  template <class T>
  void operator()(std::string_view key, T& member, Required) {
    if (attributes_.find(key) == attributes_.end()) fail_(line_, fmt::format("'{}' must be given", key));
    (*this)(key, member);
  }

  /// Fails for attributes that no field took. `others`: keys that would have been right as well, for suggestions.
  void finish(std::vector<std::string_view> others = {}) const;

 private:
  const Attributes& attributes_;
  int line_;
  Fail fail_;
  std::vector<std::string_view> known_;
};

/// A visitor that prints every field as (key, text), and remembers which must be written.
class FieldPrinter {
 public:
  struct Field {
    std::string_view key;
    std::string text;
    bool is_required = false;
  };
  template <class T>
  void operator()(std::string_view key, const T& member) {
    fields.push_back({key, print_attribute(member), false});
  }
  template <class T>
  void operator()(std::string_view key, const T& member, Required) {
    fields.push_back({key, print_attribute(member), true});
  }
  std::vector<Field> fields;
};

/// The op that `attributes` make of a row's prototype.
[[nodiscard]] Op read_op(const OpRow& row, const Attributes& attributes, int line, const FieldReader::Fail& fail);

/// The attributes of an op that differ from its row's prototype or must be written, as (key, YAML text).
[[nodiscard]] std::vector<FieldPrinter::Field> print_op(const Op& op);

/// The same in one line: "out: 64, kernel: 3".
[[nodiscard]] std::string print_attributes(const Op& op);

}  // namespace banoff
