// Questions about reductions.
#pragma once

#include "runtime/graph/graph.hpp"

namespace banoff {

/// The mean over axes that the node is, or null: of the reductions the only one that is linear.
[[nodiscard]] inline const Reduce* mean_of(const Node& node) {
  const auto* reduce = node.as<Reduce>();
  return reduce != nullptr && reduce->kind == ReduceKind::mean ? reduce : nullptr;
}

}  // namespace banoff
