// Where padding takes its values from, for every device and for networks that are read.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/graph/op_types.hpp"

namespace banoff {

/// The index in [0, size) that position `at`, possibly outside, takes its value from; -1: the constant. `reflect`
/// mirrors without repeating the edge, as often as needed.
[[nodiscard]] inline std::int64_t padding_source(std::int64_t at, std::int64_t size, PadMode mode) {
  if (at >= 0 && at < size) return at;
  if (mode == PadMode::constant) return -1;
  if (mode == PadMode::edge || size == 1) return std::clamp<std::int64_t>(at, 0, size - 1);
  const std::int64_t period = 2 * (size - 1);
  const std::int64_t inside = (at % period + period) % period;
  return std::min(inside, period - inside);
}

}  // namespace banoff
