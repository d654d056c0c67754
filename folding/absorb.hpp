// Rewriting the weights of the ops that take up a change of gauge.
#pragma once

#include "folding/gauge_solve.hpp"
#include "folding/weights.hpp"

namespace banoff::gauge {

/// Which side of a node's weights took up gauges.
struct Absorbed {
  bool of_input = false;
  bool of_output = false;
};

/// Rewrites node `id` so that from inputs in their gauges it computes its outputs in theirs. Nodes that merely pass
/// gauges on are left alone. Throws Refused where an inverse is needed of a zero scale, or one beyond `limit`.
Absorbed absorb(Weights& weights, NodeId id, const System& system, const Assignment& assignment, double limit);

}  // namespace banoff::gauge
