// Cutting a graph into regions: which nodes become one kernel, and in which layouts the device takes them.
#pragma once

#include <vector>

#include "kernels/device.hpp"
#include "runtime/plan/plan.hpp"

namespace banoff {

/// One way to compile a region.
struct Choice {
  std::vector<Layout> inputs;
  std::vector<Layout> outputs;
  double cost_us = 0;
};

struct PlannedRegion {
  Region region;
  std::vector<Choice> choices;  ///< never empty
  bool only_view = false;       ///< only gives the input's memory another shape: nothing to compile
};

/// Whether the node's value is known when the plan is made.
[[nodiscard]] bool is_constant(const Node& node);

/// What the device makes of a region. A library that fails in it, or memory that runs out, is an internal error that
/// names the region's first node.
[[nodiscard]] Compiled compile_region(const Device& device, const Region& region);

/// Regions covering every node but constants, in an order in which they can run. Longer chains (convolution, residual,
/// activation) are offered to the device before shorter ones; what has values per channel becomes a kernel of its own
/// where that is expected to be faster. Throws refused with every node it would not take.
[[nodiscard]] std::vector<PlannedRegion> form_regions(const Graph& graph, const std::vector<TensorType>& types,
                                                      const Device& device, const PlanOptions& options);

}  // namespace banoff
