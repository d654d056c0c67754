// Rewriting the weights of the ops that take up a change of gauge.
#pragma once

#include "folding/gauge_solve.hpp"
#include "folding/weights.hpp"

namespace banoff::gauge {

/// Which side of a node's weights took up gauges.
struct Absorbed {
  bool of_input = false;
  bool of_output = false;
  bool clamp = false;  ///< an activation got bounds or kinks per channel
};

/// The largest factor either side may be multiplied by.
struct Limits {
  double reading;  ///< from stored to original
  double writing;  ///< from original to stored
};

/// Rewrites node `id` so that from inputs in their gauges it computes its outputs in theirs. Nodes that merely pass
/// gauges on are left alone. Throws Refused where an inverse is needed of a zero scale, or a factor is beyond the
/// limits.
Absorbed absorb(Weights& weights, NodeId id, const System& system, const Assignment& assignment, const Limits& limits);

}  // namespace banoff::gauge
