// Graphs that are changed by writing them anew.
#pragma once

#include "runtime/graph/graph.hpp"

namespace banoff {

/// A graph of another's name and inputs, with no nodes yet. `values` tells, by ValueId of the other, what stands for a
/// value here: so far that of the inputs, else none.
[[nodiscard]] Graph begin_copy(const Graph& of, std::vector<ValueId>& values);

}  // namespace banoff
