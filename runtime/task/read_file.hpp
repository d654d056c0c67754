// A whole small file as text, with a limit on its size.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/core/fail.hpp"

namespace banoff {

/// Throws bad_input when the file cannot be read or is larger than `limit` bytes.
[[nodiscard]] inline std::string read_file(const std::filesystem::path& file, std::uintmax_t limit) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) fail_input("{}: is a folder, not a file", file.string());
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) fail_input("{}: cannot be opened", file.string());
  const auto size = static_cast<std::uintmax_t>(std::max<std::streamoff>(stream.tellg(), 0));
  if (size > limit) fail_input("{}: {} bytes are more than the limit of {}", file.string(), size, limit);
  std::string text(static_cast<std::size_t>(size), '\0');
  stream.seekg(0);
  if (!stream.read(text.data(), static_cast<std::streamsize>(size))) fail_input("{}: cannot be read", file.string());
  return text;
}

}  // namespace banoff
