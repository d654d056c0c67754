// A network on grids whose biases are corrected.
#pragma once

#include "runtime/compress/quantize/bias.hpp"

namespace banoff::quantize {

/// What biases are corrected by.
struct Evidence {
  const std::vector<Inputs>& pictures;       ///< that go through the network at once
  std::size_t all_pictures;                  ///< how many there are
  const std::vector<Observed>& on_pictures;  ///< by ValueId, of the floats; empty without pictures
  const std::vector<Moments>& moments;       ///< by ValueId, of the floats; empty where pictures are trusted
  const std::vector<ValueId>& ends;
};

struct Corrected {
  Graph graph;
  std::map<NodeId, std::vector<double>> added;  ///< by NodeId of the floats: to each output's bias
  std::vector<Values> results;                  ///< by picture: the ends
};

/// `compute` is for nodes of floats, `compute_changed` for those on grids. Layer by layer, each with all before it
/// corrected.
[[nodiscard]] Corrected corrected(const Graph& graph, const OnGrids& on_grids, const Evidence& evidence,
                                  const ComputeNode& compute, const ComputeNode& compute_changed);

}  // namespace banoff::quantize
