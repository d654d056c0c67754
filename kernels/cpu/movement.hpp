// Index tables of the ops that only move elements.
#pragma once

#include "kernels/cpu/gather.hpp"

namespace banoff::cpu {

/// Padding with `fill` per channel (constant mode), or with what the mode repeats.
[[nodiscard]] GatherTables padding_tables(const Shape& input, const Shape& output,
                                          const std::vector<std::int64_t>& begin, PadMode mode,
                                          std::vector<float> fill);
/// The tables of a node, or Refused when it is none of these ops.
[[nodiscard]] GatherTables tables_of(const Region& region, const Node& node);

}  // namespace banoff::cpu
