// Where fuzzing the importer starts: small models that between them have most of what it reads, and ways to damage one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace banoff::test {

/// Serialised models, each of which loads.
[[nodiscard]] std::vector<std::string> fuzz_models();

/// One of the models with a few faults, by the seed: half the time bytes are changed, else fields of the message, which
/// gets deeper. Nearly all are refused.
[[nodiscard]] std::string damaged_model(const std::vector<std::string>& models, std::uint64_t seed);

}  // namespace banoff::test
