// Names from a file, which may be any bytes.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace banoff::onnx_import {

/// Bytes of the character at the beginning of a text in UTF-8 (RFC 3629): 1 to 4; 0 where there is none.
[[nodiscard]] std::size_t character_length(std::string_view text);

/// Throws bad_input that says what `kind` of name it is, unless it is in UTF-8 and not empty.
void check_name(std::string_view name, std::string_view kind);

/// What people may see of a name: at most 900 bytes, whole characters, with '_' for those that are none or do not
/// print.
[[nodiscard]] std::string printable(std::string_view name);

/// Names of which none is given twice. As many may be wanted alike as a file likes: each takes as long as the first.
class UniqueNames {
 public:
  /// Whether the name was still free; it is taken from now on.
  bool take(const std::string& name) { return taken_.insert(name).second; }
  void give_back(const std::string& name) { taken_.erase(name); }
  /// The name that is wanted, or that with the next number behind it: `conv`, `conv_2`, `conv_3`, …
  [[nodiscard]] std::string made(const std::string& wanted);

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, int> next_;  ///< number, by what was wanted
};

}  // namespace banoff::onnx_import
