#include <algorithm>
#include <new>

#include "runtime/core/fail.hpp"
#include "runtime/load/inputs.hpp"
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

bool has_default(const GraphInput& input) { return static_cast<bool>(input.default_value); }

/// Moves the tensors `NAME.default` to the inputs they belong to.
void take_defaults(Graph& graph, std::map<std::string, Tensor>& tensors, const std::string& file) {
  for (GraphInput& input : graph.inputs) {
    if (!has_default(input)) continue;
    const std::string name = graph.value(input.value).name + ".default";
    const auto found = tensors.extract(name);
    if (found.empty()) fail_input("{}: '{}' is missing, the default of an input", file, name);
    const TensorType expected = nominal_type(input);
    const Tensor& given = found.mapped();
    if (given.shape() != expected.shape || given.dtype() != expected.dtype) {
      fail_input("{}: '{}' is {} {}, expected {}", file, name, name_of(given.dtype()), given.shape().str(),
                 expected.str());
    }
    input.default_value = given;
  }
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
      const bool needed = !model.graph.params.empty() || std::ranges::any_of(model.graph.inputs, has_default) ||
                          std::filesystem::exists(source);
      if (needed) {
        std::map<std::string, Tensor> tensors = read_safetensors(source, limits);
        take_defaults(model.graph, tensors, source.string());
        attach_weights(model.graph, std::move(tensors), source.string(), types, model.manifest.ignore);
      }
    }
    verify(model.graph, types);
    return model;
  } catch (const std::bad_alloc&) {
    fail_input("{}: the network does not fit in memory", file.string());
  }
}

}  // namespace banoff
