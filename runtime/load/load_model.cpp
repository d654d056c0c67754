#include <new>

#include "runtime/core/fail.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/text_file.hpp"

namespace banoff {

namespace {
/// The caller's bindings, with 1 for every symbol that has no size yet: enough to know the parameters' shapes.
Bindings completed(const Graph& graph, Bindings bindings) {
  for (const GraphInput& input : graph.inputs) {
    for (const Dim& dim : input.dims) {
      if (!dim.symbol.empty() && dim.size == 0) bindings.symbols.emplace(dim.symbol, 1);
    }
  }
  return bindings;
}
}  // namespace

LoadedModel load_model(const std::filesystem::path& file, const WeightSource& weights, const Bindings& bindings,
                       const LoadLimits& limits) {
  try {
    LoadedModel model = parse_yaml(read_text_file(file, limits.max_yaml_bytes), file.string(), limits);
    const std::vector<TensorType> types = infer_types(model.graph, completed(model.graph, bindings), limits.graph);
    if (weights.seed) {
      randomize_weights(model.graph, *weights.seed, types, weights.executor, limits);
    } else {
      if (!weights.file.empty()) model.manifest.weights = weights.file;
      const std::filesystem::path& source = model.manifest.weights;
      const bool needed = !model.graph.params.empty() || std::filesystem::exists(source);
      if (needed)
        attach_weights(model.graph, read_safetensors(source, limits), source.string(), types, model.manifest.ignore);
    }
    verify(model.graph, types);
    return model;
  } catch (const std::bad_alloc&) {
    fail_input("{}: the network does not fit in memory", file.string());
  }
}

}  // namespace banoff
