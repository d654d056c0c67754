// Where the source tree is: where it was built, or where the environment says a copy of it lies.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace banoff::test {

inline std::filesystem::path source_dir() {
  const char* given = std::getenv("BANOFF_SOURCE");
  return given != nullptr ? given : BANOFF_SOURCE_DIR;
}

}  // namespace banoff::test
