// Parts of a graph.
#pragma once

#include <vector>

#include "runtime/graph/graph.hpp"

namespace banoff {

/// The graph without these nodes and all that depends on them. Its outputs are those that are left, and every value
/// that a node which went had read of one that stays, called after that value.
[[nodiscard]] Graph without_nodes(Graph graph, const std::vector<NodeId>& nodes);

}  // namespace banoff
