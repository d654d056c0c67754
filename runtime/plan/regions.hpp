// Cutting a graph into regions: which nodes become one kernel, and in which layouts the device takes them.
#pragma once

#include <vector>

#include "kernels/device.hpp"
#include "runtime/plan/plan.hpp"

namespace banoff {

/// A region in one set of layouts.
struct Choice {
  std::vector<Layout> inputs;
  std::vector<Layout> outputs;
  std::vector<Offer> offers;  ///< the device's, the best first; none for a view, which costs nothing

  /// Null unless memory can be laid out so that nothing is left to compute, or hardly anything.
  [[nodiscard]] const Pieces* pieces() const {
    return offers.empty() || !offers.front().pieces ? nullptr : &*offers.front().pieces;
  }
  [[nodiscard]] double cost_us() const { return offers.empty() || pieces() != nullptr ? 0 : offers.front().cost_us; }
  [[nodiscard]] bool slow() const { return !offers.empty() && offers.front().slow; }
};

struct PlannedRegion {
  Region region;
  std::vector<Choice> choices;  ///< never empty
  bool only_view = false;       ///< only gives the input's memory another shape: nothing to compile
};

/// Whether the node's value is known when the plan is made.
[[nodiscard]] bool is_constant(const Node& node);

/// Regions covering every node but constants, in an order in which they can run. Longer chains (convolution, residual,
/// activation) are tried before shorter ones; what has values per channel becomes a kernel of its own where that is
/// expected to be faster. Throws refused with every node it would not take.
[[nodiscard]] std::vector<PlannedRegion> form_regions(const Graph& graph, const std::vector<TensorType>& types,
                                                      const Device& device, const PlanOptions& options);

}  // namespace banoff
