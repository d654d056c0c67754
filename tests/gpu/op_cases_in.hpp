// The op cases that make sense in a precision.
#pragma once

#include "banoff/session.hpp"
#include "tests/op_cases/op_cases.hpp"

namespace banoff::test {

/// All, but for conversions in 16 bits: what is rounded there truncates to another integer, or is beyond the largest
/// float.
[[nodiscard]] inline std::vector<OpCase> op_cases_in(Precision precision) {
  std::vector<OpCase> cases = load_op_cases();
  if (precision == Precision::fp16 || precision == Precision::bf16) {
    std::erase_if(cases, [](const OpCase& c) { return std::holds_alternative<Cast>(c.graph.nodes[0].op); });
  }
  return cases;
}

}  // namespace banoff::test
