// Picture files with something wrong in them.
#pragma once

#include <cstdint>
#include <string>

namespace banoff::test {

/// A PNG file whose checksums fit again, as far as its chunks can be followed; other files as they are.
[[nodiscard]] std::string with_checksums(std::string file);

/// The file with a few bytes changed, doubled, or cut off, by a number that says which; the checksums of a PNG fit, as
/// else all that is changed would be found at once.
[[nodiscard]] std::string changed_picture(const std::string& file, std::uint64_t number);

}  // namespace banoff::test
