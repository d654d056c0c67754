// What reductions have in common: how a block of threads shares out the results.
#pragma once

#include "kernels/gpu/kernels.hpp"
#include "kernels/gpu/walk_plan.hpp"

namespace banoff::gpu {

inline constexpr int reduction_threads = 256;  ///< of a block

/// How a block shares out the results: side by side where neighbours lie side by side in memory, else one at a time.
[[nodiscard]] inline Shares shares_of(std::int64_t outputs, std::int64_t size, bool side_by_side) {
  Shares shares{as_int(outputs), 1, 1};
  if (side_by_side) shares.width = 32;
  const int most_parts = reduction_threads / shares.width;
  while (shares.height < most_parts && shares.height * 2 <= size) shares.height *= 2;
  return shares;
}

[[nodiscard]] inline bool runs_in_ones(const Strided& s) { return s.stride[0][Strided::most_dims - 1] == 1; }

/// A node that reduces floats, and some.
[[nodiscard]] inline const Node& reduction(const Region& region) {
  require_float_chain(region);
  const Node& node = only_node(region);
  if (region.type(node.inputs[0]).shape.elements() == 0) throw Refused{"nothing to reduce"};
  (void)as_int(region.type(node.inputs[0]).shape.elements());
  return node;
}

}  // namespace banoff::gpu
