#include <algorithm>
#include <new>

#include "runtime/core/fail.hpp"
#include "runtime/graph/open_sizes.hpp"
#include "runtime/load/inputs.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/suggest.hpp"
#include "runtime/load/text_file.hpp"

namespace banoff {

namespace {

/// Refuses bindings of sizes and inputs that the network does not have.
void check_names(const Graph& graph, const Bindings& bindings) {
  std::vector<std::string_view> symbols, inputs;
  for (const GraphInput& input : graph.inputs) {
    inputs.push_back(graph.value(input.value).name);
    for (const Dim& dim : input.dims) {
      if (!dim.symbol.empty()) symbols.push_back(dim.symbol);
    }
  }
  for (const auto& [name, size] : bindings.symbols) {
    if (std::ranges::find(symbols, name) != symbols.end()) continue;
    if (symbols.empty()) fail_input("no size is called '{}': every size of this network is fixed", name);
    fail_input("no size is called '{}'{}", name, did_you_mean(name, symbols));
  }
  for (const auto& [name, shape] : bindings.inputs) {
    if (std::ranges::find(inputs, name) == inputs.end())
      fail_input("the network has no input '{}'{}", name, did_you_mean(name, inputs));
  }
}

/// Types under the bindings; sizes that neither they nor the file give become, in `bindings`, the first likely ones
/// that the network takes.
std::vector<TensorType> types_at_likely_sizes(const Graph& graph, Bindings& bindings, const Limits& limits) {
  std::vector<std::vector<Dim>> dims = dims_of(graph);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const bool given = bindings.inputs.contains(graph.value(graph.inputs[i].value).name);
    for (Dim& dim : dims[i]) {
      if (given || bindings.symbols.contains(dim.symbol)) dim.size = std::max<std::int64_t>(dim.size, 1);
    }
  }
  const auto likely = likely_sizes(dims);
  for (const auto& sizes : likely) {
    Bindings assumed = bindings;
    assumed.symbols.insert(sizes.begin(), sizes.end());
    try {
      std::vector<TensorType> types = infer_types(graph, assumed, limits);
      bindings = std::move(assumed);
      return types;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_input || &sizes == &likely.back()) throw;
    }
  }
  fail_internal("no sizes to try");
}

bool has_default(const GraphInput& input) { return static_cast<bool>(input.default_value); }

/// The inputs that have to be given.
std::vector<std::string> names_to_give(const Graph& graph) {
  std::vector<std::string> names;
  for (const GraphInput& input : graph.inputs) {
    if (!has_default(input)) names.push_back(graph.value(input.value).name);
  }
  return names;
}

/// Moves the tensors `NAME.default` to the inputs they belong to.
void take_defaults(Graph& graph, std::map<std::string, Tensor>& tensors, const std::string& file) {
  for (GraphInput& input : graph.inputs) {
    if (!has_default(input)) continue;
    const std::string name = graph.value(input.value).name + ".default";
    const auto found = tensors.extract(name);
    if (found.empty()) fail_input("{}: '{}' is missing, the default of an input", file, name);
    const TensorType expected = nominal_type(input, {});
    const Tensor& given = found.mapped();
    if (given.shape() != expected.shape || given.dtype() != expected.dtype) {
      fail_input("{}: '{}' is {} {}, expected {}", file, name, name_of(given.dtype()), given.shape().str(),
                 expected.str());
    }
    input.default_value = given;
  }
}

/// The tensors of the file that the model names or was given, or zeros (variances of one) where there is none and none
/// are needed.
void add_weights(LoadedModel& model, const WeightSource& weights, const std::vector<TensorType>& types,
                 const LoadLimits& limits) {
  if (weights.seed) return randomize_weights(model.graph, *weights.seed, types, weights.executor, limits, weights.side);
  if (!weights.file.empty()) model.manifest.weights = weights.file;
  const std::filesystem::path& source = model.manifest.weights;
  const bool exists = std::filesystem::exists(source);
  if (!exists && weights.may_lack) return fill_with_zeros(model.graph, types, limits);
  if (!exists && model.graph.params.empty() && std::ranges::none_of(model.graph.inputs, has_default)) return;
  std::map<std::string, Tensor> tensors = read_safetensors(source, limits);
  take_defaults(model.graph, tensors, source.string());
  attach_weights(model.graph, std::move(tensors), source.string(), types, model.manifest.ignore);
}

void tell_sizes(LoadedModel& model, const std::vector<TensorType>& types, const Bindings& given) {
  for (const OpenSize& size : open_sizes(model.graph, types)) {
    bool assumed = !given.symbols.contains(size.symbol);
    for (const GraphInput& input : model.graph.inputs) {
      for (const Dim& dim : input.dims) {
        const bool told = dim.size > 0 || given.inputs.contains(model.graph.value(input.value).name);
        assumed = assumed && !(dim.symbol == size.symbol && told);
      }
    }
    model.sizes.push_back({size.symbol, size.size, assumed, ""});
  }
  for (const GraphInput& input : model.graph.inputs) {
    auto& symbols = model.symbols.emplace_back();
    for (const Dim& dim : input.dims) symbols.push_back(dim.bounded ? "" : dim.symbol);
  }
}

}  // namespace

LoadedModel load_model(const std::filesystem::path& file, const WeightSource& weights, const Bindings& given,
                       const LoadLimits& limits) {
  try {
    LoadedModel model = parse_yaml(read_text_file(file, limits.max_yaml_bytes), file.string(), limits);
    const Bindings bindings = with_names(given, names_to_give(model.graph));
    check_names(model.graph, bindings);
    Bindings complete = bindings;
    const std::vector<TensorType> types = types_at_likely_sizes(model.graph, complete, limits.graph);
    add_weights(model, weights, types, limits);
    verify(model.graph, types);
    tell_sizes(model, types, bindings);
    return model;
  } catch (const std::bad_alloc&) {
    fail_input("{}: the network does not fit in memory", file.string());
  }
}

}  // namespace banoff
