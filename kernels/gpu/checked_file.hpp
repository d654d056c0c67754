// Files that are believed only where version, machine and checksum are right, and that appear whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace banoff::gpu {

/// FNV-1a of 64 bits: finds damage, not malice.
[[nodiscard]] std::uint64_t checksum(std::string_view text);

/// Lines of version and machine, the body, and a line with the checksum of all that: what `write_checked` wrote, or
/// nothing where anything is not as it should be.
[[nodiscard]] std::optional<std::string> read_checked(const std::filesystem::path& file, std::string_view version,
                                                      std::string_view machine);
/// Makes the folders it lies in. A file that cannot be written is left alone: it only saves time.
void write_checked(const std::filesystem::path& file, std::string_view version, std::string_view machine,
                   std::string_view body);

}  // namespace banoff::gpu
