#include "banoff/model.hpp"

#include <algorithm>
#include <random>

#include "banoff/file.hpp"
#include "folding/fold.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/load/fields.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/manifest.hpp"
#include "runtime/load/suggest.hpp"
#include "runtime/onnx/export.hpp"
#include "runtime/onnx/import.hpp"
#include "runtime/session/contents.hpp"
#include "runtime/session/flops.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

std::shared_ptr<const Model::Contents> contents_of(Graph graph, Manifest manifest, Bindings bindings) {
  std::vector<TensorType> types = infer_types(graph, bindings);
  return std::make_shared<const Model::Contents>(
      Model::Contents{std::move(graph), std::move(manifest), std::move(bindings), std::move(types)});
}

/// An ONNX file says nothing of pictures: what there is to say is in this file beside it.
std::filesystem::path task_file_of(std::filesystem::path file) { return file.replace_extension(".task.yaml"); }

void apply_task_file(const std::filesystem::path& file, const LoadOptions& options, LoadedModel& loaded) {
  std::filesystem::path task = options.task;
  if (task.empty() && file.extension() == ".onnx") {
    const std::filesystem::path beside = task_file_of(file);
    if (std::filesystem::exists(beside)) task = beside;
  }
  if (!task.empty()) read_task_file(task, loaded.graph, loaded.manifest);
}

}  // namespace

Model Model::load(const std::filesystem::path& file, const LoadOptions& options) {
  Bindings bindings{options.symbols, options.shapes};
  if (file.extension() == ".onnx") {
    if (options.random_seed || !options.weights.empty()) {
      fail_usage("{}: an ONNX file has its weights inside; leave out --weights", file.string());
    }
    LoadedModel loaded = load_onnx(file, reference::compute<double>, bindings);
    apply_task_file(file, options, loaded);
    return Model(contents_of(std::move(loaded.graph), std::move(loaded.manifest), {}));
  }
  LoadedModel loaded = load_model(file, {options.weights, options.random_seed, reference::compute<float>}, bindings);
  apply_task_file(file, options, loaded);
  evaluate_constants(loaded.graph, infer_types(loaded.graph, bindings), reference::compute<double>);
  return Model(contents_of(std::move(loaded.graph), std::move(loaded.manifest), std::move(bindings)));
}

const std::string& Model::name() const { return contents_->graph.name; }

const Manifest& Model::manifest() const { return contents_->manifest; }

std::vector<TensorInfo> Model::inputs() const {
  std::vector<TensorInfo> result;
  for (const GraphInput& input : contents_->graph.inputs) {
    result.push_back(info_of(contents_->graph.value(input.value).name, contents_->types[index(input.value)]));
    result.back().has_default = static_cast<bool>(input.default_value);
  }
  return result;
}

std::vector<TensorInfo> Model::outputs() const {
  std::vector<TensorInfo> result;
  for (const GraphOutput& output : contents_->graph.outputs) {
    result.push_back(info_of(output.name, contents_->types[index(output.value)]));
  }
  return result;
}

std::vector<LayerInfo> Model::layers() const {
  const Graph& graph = contents_->graph;
  std::vector<LayerInfo> result;
  std::vector<bool> counted(graph.params.size());
  for (const Node& node : graph.nodes) {
    if (node.outputs.empty()) continue;
    LayerInfo layer{
        node.name, std::string(row_of(node.op).name), node.where.str(), print_attributes(node.op), {}, {}, 0, 0};
    std::vector<TensorType> inputs;
    std::vector<TensorType> outputs;
    for (const ValueId input : node.inputs) {
      layer.inputs.push_back(graph.value(input).name);
      inputs.push_back(contents_->types[index(input)]);
    }
    for (const ValueId output : node.outputs) {
      outputs.push_back(contents_->types[index(output)]);
      layer.outputs.push_back(info_of(graph.value(output).name, outputs.back()));
    }
    for (const auto& [slot, id] : node.params) {
      if (!counted[index(id)]) layer.parameters += graph.param(id).elements();
      counted[index(id)] = true;
    }
    layer.flops = flops(node, inputs, outputs);
    result.push_back(std::move(layer));
  }
  return result;
}

Model Model::with_outputs(const std::vector<std::string>& values) const {
  Graph graph = contents_->graph;
  for (const std::string& name : values) {
    const auto called = [&](const GraphOutput& output) { return output.name == name; };
    if (std::ranges::any_of(graph.outputs, called)) continue;
    const auto value = std::ranges::find(graph.values, name, &Value::name);
    if (value == graph.values.end()) {
      std::vector<std::string_view> known;
      for (const Value& each : graph.values) known.push_back(each.name);
      fail_usage("the network has no output or node '{}'{}", name, did_you_mean(name, known));
    }
    graph.add_output(name, static_cast<ValueId>(value - graph.values.begin()));
  }
  return Model(contents_of(std::move(graph), contents_->manifest, contents_->bindings));
}

std::pair<Model, FoldReport> Model::fold(const FoldOptions& options) const {
  Graph graph = contents_->graph;
  FoldReport report = banoff::fold(graph, contents_->bindings, options, reference::compute<double>);
  Model folded(contents_of(std::move(graph), contents_->manifest, contents_->bindings));
  return {std::move(folded), std::move(report)};
}

void Model::save(const std::filesystem::path& file) const {
  if (file.extension() != ".onnx") return save_model(file, contents_->graph, contents_->manifest);
  save_onnx(file, contents_->graph, contents_->types);
  if (const std::string text = print_manifest(manifest()); !text.empty())
    write_file_atomically(task_file_of(file), text);
}

std::string Model::yaml() const { return print_yaml(contents_->graph, contents_->manifest); }

Tensors Model::reference(const Tensors& inputs) const { return reference::outputs<double>(contents_->graph, inputs); }

std::optional<std::string> Model::first_difference(const Model& other, const Tensors& inputs, double tolerance) const {
  return banoff::first_difference(contents_->graph, other.contents_->graph, inputs, tolerance,
                                  reference::compute<double>);
}

Tensors Model::random_inputs(std::uint64_t seed) const {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  Tensors result;
  for (const TensorInfo& input : inputs()) {
    if (input.has_default) continue;
    std::vector<double> values(static_cast<std::size_t>(input.shape.elements()));
    // Integer images look like pixels; everything else like normalised activations.
    const bool pixels = input.dtype == DType::u8;
    for (double& value : values)
      value = pixels ? std::clamp(128 + 50 * normal(generator), 0.0, 255.0) : normal(generator);
    result[input.name] = Tensor::of(input.shape, std::move(values)).as(input.dtype);
  }
  return result;
}

}  // namespace banoff
