// Choosing a layout for every region: least estimated time, changes of layout included.
#pragma once

#include "runtime/plan/regions.hpp"

namespace banoff {

/// For each region the index of its chosen Choice. Inputs and outputs of the network are plain.
[[nodiscard]] std::vector<std::size_t> choose_layouts(const Graph& graph, const std::vector<TensorType>& types,
                                                      const Device& device, const std::vector<PlannedRegion>& regions);

}  // namespace banoff
