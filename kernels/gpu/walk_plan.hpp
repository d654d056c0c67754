// Making walks: the axes of what is walked, brought into the fewest.
#pragma once

#include <array>
#include <vector>

#include "kernels/gpu/jobs/walked.hpp"
#include "kernels/gpu/pixels.hpp"

namespace banoff::gpu {

/// What a step along an axis is for each operand.
template <int operands>
struct WalkedAxis {
  std::int64_t extent = 1;
  std::array<std::int64_t, operands> stride{};
};

/// Walks the axes, outermost first; neighbours that run on are one. Throws Refused for more than a job takes.
template <class Walk>
[[nodiscard]] Walk walked(const std::vector<WalkedAxis<Walk::operands>>& axes) {
  std::vector<WalkedAxis<Walk::operands>> merged;
  for (WalkedAxis<Walk::operands> axis : axes) {
    if (axis.extent == 1) continue;
    const auto runs_on = [&](const auto& outer) {
      for (std::size_t o = 0; o < Walk::operands; ++o)
        if (outer.stride[o] != axis.stride[o] * axis.extent) return false;
      return true;
    };
    if (!merged.empty() && runs_on(merged.back())) {
      axis.extent *= merged.back().extent;
      merged.pop_back();
    }
    merged.push_back(axis);
  }
  if (merged.size() > Walk::most_dims) throw Refused{"too many dimensions"};
  Walk result;
  for (std::size_t i = 0; i < merged.size(); ++i) {
    const std::size_t at = Walk::most_dims - merged.size() + i;
    result.extent[at] = as_int(merged[i].extent);
    for (std::size_t o = 0; o < Walk::operands; ++o) result.stride[o][at] = as_int(merged[i].stride[o]);
  }
  return result;
}

}  // namespace banoff::gpu
