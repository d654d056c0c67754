// Choosing a layout for every region: least estimated time, changes of layout included.
#pragma once

#include "runtime/plan/regions.hpp"

namespace banoff {

struct ChosenLayouts {
  std::vector<std::size_t> choices;  ///< for each region the index of its chosen Choice
  double cost_us = 0;                ///< what the device expects all kernels and changes of layout to take
};

/// Inputs and outputs of the network are plain.
[[nodiscard]] ChosenLayouts choose_layouts(const Graph& graph, const std::vector<TensorType>& types,
                                           const Device& device, const std::vector<PlannedRegion>& regions);

}  // namespace banoff
