#include "runtime/onnx/batch.hpp"

#include "runtime/core/fail.hpp"

namespace banoff {

std::optional<std::vector<TensorType>> types_of_larger_batch(const Graph& graph, const std::vector<TensorType>& types) {
  Bindings larger;
  bool any = false;
  for (const GraphInput& input : graph.inputs) {
    const Shape& shape = types[static_cast<std::size_t>(input.value)].shape;
    for (std::size_t i = 0; i < input.dims.size(); ++i) {
      const Dim& dim = input.dims[i];
      if (dim.symbol.empty()) continue;
      const bool batch = i == 0 && !dim.bounded;
      larger.symbols[dim.symbol] = shape[i] + (batch ? 1 : 0);
      any = any || batch;
    }
  }
  if (!any) return std::nullopt;
  try {
    return infer_types(graph, larger);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    return std::nullopt;
  }
}

}  // namespace banoff
