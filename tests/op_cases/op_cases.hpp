// The table of op cases (scripts/make_op_cases.py): one-node networks and what they must compute, for every device.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/graph/graph.hpp"

namespace banoff::test {

struct OpCase {
  std::string name;
  Graph graph;  ///< one node; inputs "in0", "in1", …, outputs "out0", …
  std::map<std::string, Tensor> inputs;
  std::map<std::string, Tensor> expected;  ///< computed in float64 by PyTorch
  double magnitude = 1;                    ///< size of the terms summed: errors are measured against it
};

[[nodiscard]] std::vector<OpCase> load_op_cases();

/// The largest difference divided by the case's magnitude, over all outputs. Infinite when a shape differs, a value is
/// not finite where another one is expected, or an integer is not exact.
[[nodiscard]] double error_of(const OpCase& expected, const std::map<std::string, Tensor>& got);

}  // namespace banoff::test
