#include "runtime/onnx/names.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"

namespace banoff::onnx_import {

namespace {

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// The length that a first byte tells; 0 for one that begins no character.
std::size_t told_length(unsigned first) {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/// Whether the second byte may follow the first: it must not write a character longer than needed, a surrogate, or one
/// beyond U+10FFFF.
bool may_follow(unsigned first, unsigned second) {
  const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return low <= second && second <= high;
}

}  // namespace

std::size_t character_length(std::string_view text) {
  if (text.empty()) return 0;
  const std::size_t length = told_length(byte_at(text, 0));
  if (length > text.size()) return 0;
  if (length > 1 && !may_follow(byte_at(text, 0), byte_at(text, 1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte_at(text, i) >> 6 != 2) return 0;
  }
  return length;
}

void check_name(std::string_view name, std::string_view kind) {
  if (name.empty()) fail_input("an {} has no name", kind);
  for (std::string_view rest = name; !rest.empty();) {
    const std::size_t length = character_length(rest);
    if (length == 0) fail_input("the name of an {} is not in UTF-8: '{}'", kind, printable(name));
    rest.remove_prefix(length);
  }
}

std::string printable(std::string_view name) {
  constexpr std::size_t most = 900;
  std::string result;
  while (!name.empty()) {
    const std::size_t length = character_length(name);
    const bool prints = length > 1 || (length == 1 && byte_at(name, 0) >= 0x20 && byte_at(name, 0) != 0x7f);
    if (result.size() + (prints ? length : 1) > most) break;
    if (prints) result += name.substr(0, length);
    else result += '_';
    name.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string UniqueNames::made(const std::string& wanted) {
  if (take(wanted)) return wanted;
  int& number = next_.try_emplace(wanted, 2).first->second;
  std::string name;
  do name = fmt::format("{}_{}", wanted, number++);
  while (!take(name));
  return name;
}

}  // namespace banoff::onnx_import
