// Per-channel maps that hide in other ops, made visible to the fold and hidden again.
#pragma once

#include "runtime/graph/signature.hpp"

namespace banoff::gauge {

/// The same network with its per-channel maps as Affine nodes: add, sub, mul and div by a constant per channel, and the
/// scale and shift of group, instance and layer norms (over one axis), which become norms without them.
[[nodiscard]] Graph with_affine_nodes(const Graph& graph, const std::vector<TensorType>& types);

/// Gives norms back the affine maps that still follow them.
void rejoin_affine_tails(Graph& graph);

}  // namespace banoff::gauge
