// Files that come with the program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace banoff::bench {

/// Where `installed` (below share/banoff) and `source` (below the source tree) may be, in the order in which they are
/// looked at; the last one is below the current folder.
[[nodiscard]] std::vector<std::filesystem::path> data_places(const std::string& installed, const std::string& source);

}  // namespace banoff::bench
