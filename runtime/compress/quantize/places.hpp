// Which values are put on grids, and which nodes compute on them.
#pragma once

#include <set>

#include "runtime/compress/quantize/walk.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::quantize {

struct Places {
  std::vector<bool> layers;         ///< by NodeId: a layer on integers
  std::vector<std::string> why;     ///< by NodeId: why a layer with weights stays in float
  std::vector<bool> on_grid;        ///< by NodeId: it reads what was put on a grid in place of the float
  std::vector<bool> put;            ///< by ValueId: it is put on a grid where it is made
  std::vector<std::int32_t> group;  ///< by ValueId: values of one group have one grid
  /// By ValueId: the layer that alone reads the value's grid; none where others do too.
  std::vector<NodeId> only_layer;
};

/// Layers in `kept` stay in float, and what only they read does. A value is put on a grid if a layer on integers reads
/// it, through nodes that follow inputs (sums, activations, pools, moves); where a region of one kernel goes on, its
/// end is.
[[nodiscard]] Places find_places(const Graph& graph, const std::vector<TensorType>& types,
                                 const std::set<NodeId>& kept);

/// Whether it is a sum, activation, pool or move: what may compute on grids.
[[nodiscard]] bool follows_inputs(const Node& node);
/// Whether it has weights to be put on a grid.
[[nodiscard]] bool has_weights(const Node& node);

}  // namespace banoff::quantize
