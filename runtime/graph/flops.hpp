// Arithmetic an op needs, for reports: a multiplication and an addition count as two.
#pragma once

#include <span>

#include "runtime/graph/signature.hpp"

namespace banoff {

/// Operations of one node; 0 for ops that only move data. Linear ops: 2 x outputs x reduction length (+ outputs for a
/// bias). Everything else: a stated small number per element. At most 2^62.
[[nodiscard]] std::int64_t flops(const Node& node, std::span<const TensorType> inputs,
                                 std::span<const TensorType> outputs);

}  // namespace banoff
