// Choosing a layout for every region: least estimated time, changes of layout included.
#pragma once

#include "runtime/plan/regions.hpp"

namespace banoff {

/// Whether a value has the same bytes in both layouts (one channel, or one spatial position), so that no copy is
/// needed.
[[nodiscard]] bool same_bytes(const TensorType& type, Layout a, Layout b);

/// For each region the index of its chosen Choice. Inputs and outputs of the network are plain.
[[nodiscard]] std::vector<std::size_t> choose_layouts(const Graph& graph, const std::vector<TensorType>& types,
                                                      const Device& device, const std::vector<PlannedRegion>& regions);

}  // namespace banoff
