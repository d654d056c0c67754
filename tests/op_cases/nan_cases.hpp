// Cases of the ops that choose among values, with NaN and infinities among those. What they must give is chosen here,
// one value after the other.
#pragma once

#include "tests/op_cases/op_cases.hpp"

namespace banoff::test {

[[nodiscard]] std::vector<OpCase> nan_cases();

}  // namespace banoff::test
