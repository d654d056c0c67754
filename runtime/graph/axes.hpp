// Lists of axes as a file gives them.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/graph/signature.hpp"

namespace banoff {

/// Sorted axes counted from the front. Throws bad_input for one that does not exist or is named twice.
[[nodiscard]] std::vector<std::size_t> resolve_axes(const Ints& axes, std::size_t rank);

}  // namespace banoff
