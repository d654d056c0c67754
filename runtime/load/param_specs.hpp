// What the parameters of a graph must look like, asked of the ops' signatures.
#pragma once

#include <vector>

#include "runtime/graph/signature.hpp"

namespace banoff {

struct ParamUse {
  NodeId node = none;  ///< the first node that uses the parameter; none: nobody does
  Slot slot = Slot::weight;
  Shape shape;
};

/// By ParamId. Throws bad_input naming the node whose signature does not hold.
[[nodiscard]] std::vector<ParamUse> param_uses(const Graph& graph, const std::vector<TensorType>& types);

/// The signature of a node when values have `types`. Throws bad_input naming the node.
[[nodiscard]] Signature signature_of(const Node& node, const std::vector<TensorType>& types);

}  // namespace banoff
