// A network with fewer neurons, or with fewer weights that are not zero.
#pragma once

#include "banoff/prune.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff {

/// Prunes the graph as it is, folded or not, and returns what was done. Arithmetic in double; weights are stored as
/// they were. The result has no erased nodes, and fits its shape rules under the bindings. Throws usage for options out
/// of range, bad_input where nothing can be pruned.
[[nodiscard]] PruneReport prune(Graph& graph, const Bindings& bindings, const PruneOptions& options);

}  // namespace banoff
