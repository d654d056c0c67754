// Putting a folded network on grids of integers: all steps.
#pragma once

#include "banoff/quantize.hpp"
#include "runtime/compress/quantize/observe.hpp"

namespace banoff::quantize {

/// What a quantisation is made of besides its options.
struct Job {
  const Graph& original;                 ///< with its norms
  const std::vector<TensorType>& types;  ///< of the folded network at the pictures' sizes
  const KnownInputs& known;              ///< by input; of others numbers around 0 are expected
  /// Makes something that computes a node in float; what it prepares for a node it may keep for the next time.
  std::function<ComputeNode()> make_compute;
};

/// Puts a folded network on grids. Throws bad_input where nothing can be, where something is already, and where
/// pictures are not what the network reads.
[[nodiscard]] QuantizeReport quantize(Graph& graph, const Job& job, const QuantizeOptions& options);

}  // namespace banoff::quantize
