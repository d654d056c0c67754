// Where the source tree is: where it was built, or where the environment says a copy of it lies (BANOFF_SOURCE).
#pragma once

#include <filesystem>

namespace banoff::test {

[[nodiscard]] std::filesystem::path source_dir();

}  // namespace banoff::test
