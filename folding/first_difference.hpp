// Two graphs on the same inputs, node by node in float64: how far their outputs are apart, and where that begins.
#pragma once

#include "folding/fold.hpp"

namespace banoff {

struct OutputError {
  std::string name;
  double max_abs = 0;
  double max_relative = 0;  ///< max_abs over the output's largest element
  double mean_abs = 0;
};

struct Comparison {
  std::vector<OutputError> outputs;
  /// The first node, among those of one name in both graphs, whose value is beyond the tolerance not a per-channel
  /// affine image of the other's (folding changes values by such images); or the node of the first output that
  /// differs. Empty when every output agrees and no node is off.
  std::string first_diverging;
};

/// `inputs` by graph input name. Throws bad_input when an input is missing or an output of `original` has no
/// counterpart of the same name and shape in `other`.
[[nodiscard]] Comparison compare(const Graph& original, const Graph& other, const std::map<std::string, Tensor>& inputs,
                                 const ComputeNode& compute, double tolerance);

}  // namespace banoff
