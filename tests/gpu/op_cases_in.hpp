// The op cases that make sense in a precision.
#pragma once

#include "banoff/session.hpp"
#include "tests/op_cases/op_cases.hpp"

namespace banoff::test {

/// In 16 bits neither conversions, numbers on grids, floor and ceil, which jump where their input is rounded, nor long
/// products, whose results are beyond the floats there are.
[[nodiscard]] inline std::vector<OpCase> op_cases_in(Precision precision) {
  std::vector<OpCase> cases = load_op_cases();
  if (precision == Precision::fp16 || precision == Precision::bf16) {
    std::erase_if(cases, [](const OpCase& c) {
      const Node& node = c.graph.nodes[0];
      const auto* unary = node.as<Unary>();
      const auto* reduce = node.as<Reduce>();
      return node.as<Cast>() != nullptr || node.as<Quantize>() != nullptr ||
             (unary != nullptr && (unary->kind == UnaryKind::floor || unary->kind == UnaryKind::ceil)) ||
             (reduce != nullptr && reduce->kind == ReduceKind::prod);
    });
  }
  return cases;
}

}  // namespace banoff::test
