// Where fuzzing the importer starts: small models that between them have most of what it reads.
#pragma once

#include <string>
#include <vector>

namespace banoff::test {

/// Serialised models, each of which loads.
[[nodiscard]] std::vector<std::string> fuzz_models();

}  // namespace banoff::test
