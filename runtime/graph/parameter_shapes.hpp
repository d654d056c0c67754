// Whether a network's parameters fit the sizes it is to run at.
#pragma once

#include "runtime/graph/signature.hpp"

namespace banoff {

/// Checks that every parameter has the shape that its op asks for on inputs of these types: what a kernel reads it by.
/// Throws bad_input naming the node, and the input with the wrong number of channels where that is why.
void check_parameter_shapes(const Graph& graph, const std::vector<TensorType>& types);

}  // namespace banoff
