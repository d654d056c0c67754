// The symbolic first dimension of a network's inputs.
#pragma once

#include <optional>

#include "runtime/graph/signature.hpp"

namespace banoff {

/// Types with every symbolic first dimension one larger than in `types`: how a network's values follow its batch.
/// Nothing where there is no such dimension, or the network runs at its present size only.
[[nodiscard]] std::optional<std::vector<TensorType>> types_of_larger_batch(const Graph& graph,
                                                                           const std::vector<TensorType>& types);

}  // namespace banoff
