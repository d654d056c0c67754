// Where a resized image looks into its source, as tables.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/graph/ops.hpp"

namespace banoff {

/// For each of `out` positions along spatial dimension `spatial`: the nearest source index by the op's rounding.
[[nodiscard]] std::vector<std::int64_t> nearest_indices(const Resize& op, std::size_t spatial, std::int64_t in,
                                                        std::int64_t out);

/// Linear interpolation along one dimension: (1 - t) x[low] + t x[high].
struct LinearIndices {
  std::vector<std::int64_t> low, high;
  std::vector<float> t;
};
[[nodiscard]] LinearIndices linear_indices(const Resize& op, std::size_t spatial, std::int64_t in, std::int64_t out);

}  // namespace banoff
