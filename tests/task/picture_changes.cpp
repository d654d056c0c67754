#include "tests/task/picture_changes.hpp"

#include <algorithm>
#include <random>

namespace banoff::test {
namespace {

std::uint32_t number_at(const std::string& file, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(file[at + i]);
  return value;
}

/// PNG's checksum (CRC-32 of ISO 3309).
std::uint32_t checksum(const char* bytes, std::size_t count) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (std::size_t i = 0; i < count; ++i) {
    crc ^= static_cast<unsigned char>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
  }
  return ~crc;
}

}  // namespace

std::string with_checksums(std::string file) {
  if (!file.starts_with("\x89PNG")) return file;
  // Length, name, content, checksum.
  for (std::size_t at = 8; at + 12 <= file.size();) {
    const std::size_t length = number_at(file, at);
    if (length > file.size() - at - 12) break;
    const std::uint32_t sum = checksum(&file[at + 4], length + 4);
    for (std::size_t i = 0; i < 4; ++i) file[at + 8 + length + i] = static_cast<char>(sum >> (24 - 8 * i));
    at += 12 + length;
  }
  return file;
}

std::string changed_picture(const std::string& file, std::uint64_t number) {
  std::mt19937_64 random(number);
  const auto below = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  std::string changed = file;
  const std::size_t changes = 1 + below(4);
  for (std::size_t i = 0; i < changes && !changed.empty(); ++i) {
    // Headers decide most: half of all changes are there.
    const std::size_t at = below(below(2) == 0 ? std::min<std::size_t>(changed.size(), 64) : changed.size());
    switch (below(6)) {
      case 0: changed[at] = static_cast<char>(random()); break;
      case 1: changed[at] = static_cast<char>(changed[at] ^ 1 << below(8)); break;
      case 2: changed[at] = below(2) == 0 ? '\xFF' : '\0'; break;
      case 3: changed.insert(at, changed.substr(at, 1 + below(40))); break;
      case 4: changed.erase(at, 1 + below(16)); break;
      default:
        if (below(8) == 0) changed.resize(at);
        break;
    }
  }
  return with_checksums(changed);
}

}  // namespace banoff::test
