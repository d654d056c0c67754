// The only file that a build folder's path is compiled into: the others come from a compiler cache in every clone.
#include "tests/source_dir.hpp"

#include <cstdlib>

namespace banoff::test {

std::filesystem::path source_dir() {
  const char* given = std::getenv("BANOFF_SOURCE");
  return given != nullptr ? given : BANOFF_SOURCE_DIR;
}

}  // namespace banoff::test
