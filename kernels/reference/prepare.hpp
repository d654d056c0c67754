// One node made ready to run: checked, typed, with its kernel. The functions and the device both stand on this.
#pragma once

#include "kernels/reference/context.hpp"

namespace banoff::reference {

struct Prepared {
  std::vector<TensorType> inputs;   ///< element types as held
  std::vector<TensorType> outputs;  ///< element types as held
  std::size_t scratch_bytes = 0;
  std::size_t weight_bytes = 0;
  Body body;

  /// Sets the output counts and runs the kernel.
  void run(const KernelArgs& args) const;
};

/// Throws bad_input, naming the node, when a parameter is missing or misshapen or the op does not take these types.
template <class T>
[[nodiscard]] Prepared prepare(const Graph& graph, const Node& node, std::span<const TensorType> inputs);

}  // namespace banoff::reference
