// Batch norm statistics for random weights, measured by passing a random batch through the net.
#pragma once

#include "runtime/load/load.hpp"
#include "runtime/load/param_specs.hpp"

namespace banoff {

/// Sets running_mean and running_var of every batch norm to what a seeded batch gives at its input. Only what leads to
/// a batch norm is computed, on images of at most `side` pixels at the smaller side if the net takes them. All other
/// parameters must have values. Throws bad_input when an activation is not finite.
void calibrate(Graph& graph, std::uint64_t seed, const std::vector<TensorType>& types,
               const std::vector<ParamUse>& uses, const NodeExecutor& executor, std::int64_t side);

}  // namespace banoff
