// Values whose dimension 0 is a capacity: ops that would mix its rows are not defined on them.
#pragma once

#include "runtime/core/fail.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff {

/// Throws bad_input if the input is bounded: rows beyond the actual count would leak into the result.
inline void refuse_bounded(const TensorType& input, std::string_view op) {
  if (input.bounded) fail_input("{} of a bounded tensor ({}) is not defined", op, input.str());
}

}  // namespace banoff
