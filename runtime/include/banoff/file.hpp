// Files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "banoff/export.h"

namespace banoff {

/// Writes `text` to a temporary file beside `file`, then renames it. Throws bad_input when that cannot be done.
BANOFF_API void write_file_atomically(const std::filesystem::path& file, std::string_view text);

}  // namespace banoff
