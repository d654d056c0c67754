// Making a network that shows a fault smaller, until every step that is left would hide the fault.
#pragma once

#include <functional>

#include "runtime/graph/graph.hpp"

namespace banoff::test {

using StillFails = std::function<bool(const Graph&)>;

/// A network that still fails, from which no output and no node can be taken: outputs are dropped or moved to what
/// feeds them, nodes bypassed, values made inputs, sums shortened. Parameters stay as they are. `fails` sees verified
/// networks only.
[[nodiscard]] Graph shrink(Graph graph, const StillFails& fails);

/// The network as text, with the parameters of its norms.
[[nodiscard]] std::string print(const Graph& graph);

}  // namespace banoff::test
