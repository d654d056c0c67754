#include "banoff/model.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <random>

#include "banoff/file.hpp"
#include "folding/fold.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/compress/prune/prune.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/cut.hpp"
#include "runtime/graph/flops.hpp"
#include "runtime/graph/opaque.hpp"
#include "runtime/load/fields.hpp"
#include "runtime/load/file_kind.hpp"
#include "runtime/load/inputs.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/manifest.hpp"
#include "runtime/load/suggest.hpp"
#include "runtime/onnx/export.hpp"
#include "runtime/onnx/import.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/session/changed.hpp"
#include "runtime/session/contents.hpp"
#include "runtime/session/picture_axes.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// "1x3x224x224"; with the names of sizes that are open, "N x 3 x height x width".
std::string expected_of(const TensorInfo& input) {
  std::vector<std::string> sizes;
  for (std::size_t i = 0; i < input.shape.rank(); ++i) {
    sizes.push_back(input.symbols[i].empty() ? fmt::format("{}", input.shape[i]) : input.symbols[i]);
  }
  const bool open = std::ranges::any_of(input.symbols, [](const std::string& symbol) { return !symbol.empty(); });
  return open ? fmt::format("{}", fmt::join(sizes, " x ")) : input.shape.str();
}

/// Reads the open sizes off a shape of an input.
void take_sizes(const TensorInfo& input, const Shape& shape, Sizes& seen) {
  const auto wrong = [&](const std::string& why) {
    fail_input("input '{}' is {}, {} expected: {}", input.name, shape.str(), expected_of(input), why);
  };
  if (shape.rank() != input.shape.rank()) wrong(fmt::format("{} dimensions", input.shape.rank()));
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (input.bounded && i == 0 && shape[0] <= input.shape[0]) continue;
    const std::string& symbol = input.symbols[i];
    if (symbol.empty() || (input.bounded && i == 0)) {
      if (shape[i] != input.shape[i]) wrong(fmt::format("dimension {} is fixed at {}", i, input.shape[i]));
      continue;
    }
    if (shape[i] < 1) wrong("tensors without elements are not supported");
    if (const auto [at, added] = seen.emplace(symbol, shape[i]); !added && at->second != shape[i]) {
      wrong(fmt::format("{} is {} and {}", symbol, at->second, shape[i]));
    }
  }
}

std::map<std::string, Shape> shapes_of(const Tensors& tensors) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, tensor] : tensors) shapes[name] = tensor.shape();
  return shapes;
}

/// A network that was to be made, and what is wrong with it: kinds of nodes that cannot be run, or an error.
struct Attempt {
  std::optional<Model> model = {};
  std::exception_ptr error = {};
  std::size_t faults = std::numeric_limits<std::size_t>::max();
  std::string words = {};

  Model take() {
    if (error) std::rethrow_exception(error);
    return std::move(*model);
  }
};

template <class Make>
Attempt attempt(const std::map<std::string, Shape>& shapes, Make&& make) {
  Attempt result;
  try {
    result.model = make(shapes);
    const std::vector<Unsupported> all = result.model->unsupported();
    result.faults = all.size();
    if (!all.empty()) result.words = fmt::format("{} '{}': {}", all[0].op, all[0].nodes[0], all[0].reason);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    result.words = error.what();
    result.error = std::current_exception();
  }
  return result;
}

/// `make(shapes)`; where something is wrong with an input's channels, of which another number would do, it says that.
template <class Make>
Model blaming_channels(const std::map<std::string, Shape>& shapes, Make&& make) {
  Attempt here = attempt(shapes, make);
  if (here.faults == 0 || here.words.find(" channels, expected ") != std::string::npos) return here.take();
  for (const auto& [name, shape] : shapes) {
    if (shape.rank() < 3) continue;
    for (const std::int64_t channels : {3, 1, 4}) {
      std::map<std::string, Shape> other = shapes;
      other[name][1] = channels;
      if (channels == shape[1] || attempt(other, make).faults >= here.faults) continue;
      fail_input("{} has {} channels, expected {}: {}", name.empty() ? "the input" : fmt::format("input '{}'", name),
                 shape[1], channels, here.words);
    }
  }
  return here.take();
}

/// An ONNX file says nothing of pictures: what there is to say is in this file beside it.
std::filesystem::path task_file_of(std::filesystem::path file) { return file.replace_extension(".task.yaml"); }

void apply_task_file(const std::filesystem::path& file, const LoadOptions& options, FileKind kind,
                     LoadedModel& loaded) {
  std::filesystem::path task = options.task;
  if (task.empty() && kind == FileKind::onnx) {
    const std::filesystem::path beside = task_file_of(file);
    if (std::filesystem::exists(beside)) task = beside;
  }
  if (!task.empty()) read_task_file(task, loaded.graph, loaded.manifest);
}

}  // namespace

namespace {

Model load_from_onnx(const std::filesystem::path& file, const LoadOptions& options) {
  if (options.random_seed || !options.weights.empty()) {
    fail_usage("{}: an ONNX file has its weights inside; leave out --weights", file.string());
  }
  LoadedModel loaded = load_onnx(file, reference::compute<double>, {options.symbols, options.shapes});
  apply_task_file(file, options, FileKind::onnx, loaded);
  Model::Contents contents{std::move(loaded.graph), std::move(loaded.manifest), {}, {},
                           std::move(loaded.sizes), std::move(loaded.symbols),  {}};
  const auto is_carried = [](const Node& node) { return node.as<Opaque>() != nullptr; };
  if (std::ranges::any_of(contents.graph.nodes, is_carried)) contents.original = file;
  if (loaded.at) {
    contents.at = [at = std::move(loaded.at), manifest = contents.manifest](const Sizes& sizes) {
      LoadedModel there = at(sizes);
      return Model(with_types({std::move(there.graph), manifest, {}, {}, {}, {}, {}}));
    };
  }
  return Model(with_types(std::move(contents)));
}

Model load_from_yaml(const std::filesystem::path& file, const LoadOptions& options) {
  const Bindings bindings{options.symbols, options.shapes};
  WeightSource weights{options.weights, options.random_seed, reference::compute<float>, options.random_side,
                       options.without_weights};
  LoadedModel loaded = load_model(file, weights, bindings);
  apply_task_file(file, options, FileKind::yaml, loaded);
  std::vector<std::string> names;
  for (const GraphInput& input : loaded.graph.inputs) {
    if (!input.default_value) names.push_back(loaded.graph.value(input.value).name);
  }
  Model::Contents contents{std::move(loaded.graph),
                           std::move(loaded.manifest),
                           with_names(bindings, names),
                           {},
                           std::move(loaded.sizes),
                           std::move(loaded.symbols),
                           {}};
  for (const SizeInfo& size : contents.sizes) contents.bindings.symbols[size.name] = size.size;
  evaluate_constants(contents.graph, infer_types(contents.graph, contents.bindings), reference::compute<double>);
  return Model(with_types(std::move(contents)));
}

/// The prices of a device, which is made when somebody asks: most networks leave nothing to weigh. What it cannot run
/// costs nothing in either form, and stays as it is.
Price price_on(const DeviceOptions& options, const Bindings& bindings) {
  return [options, bindings, device = std::shared_ptr<const Device>()](const Graph& graph) mutable {
    if (!cannot_run(graph).empty()) return 0.0;
    if (!device) device = make_device(options);
    return planned_us(graph, *device, {bindings, options.fuse_norms});
  };
}

/// The model at the sizes of input shapes by name; the same where none of them is another.
Model at_shapes(const Model& model, const std::map<std::string, Shape>& shapes) {
  const Model::Contents& here = model.contents();
  const std::vector<TensorInfo> now = model.inputs();
  Sizes sizes;
  for (const auto& [name, shape] : shapes) {
    const auto input = std::ranges::find(now, name, &TensorInfo::name);
    if (input == now.end()) fail_input("the network has no input '{}'", name);
    take_sizes(*input, shape, sizes);
  }
  const auto differs = [&](const SizeInfo& size) {
    return sizes.contains(size.name) && sizes.at(size.name) != size.size;
  };
  if (std::ranges::none_of(here.sizes, differs)) return model;
  for (const SizeInfo& size : here.sizes) sizes.emplace(size.name, size.size);
  const auto frozen = [&](const SizeInfo& size) { return !size.fixed_by.empty() && differs(size); };
  Model::Contents contents = here;
  if (std::ranges::any_of(here.sizes, frozen)) {
    const Model there = here.at(sizes);
    contents.graph = there.contents().graph;
    contents.bindings = {};
    for (SizeInfo& size : contents.sizes) size.size = sizes.at(size.name);
  } else {
    contents.bindings = {sizes, {}};
  }
  return Model(with_types(std::move(contents)));
}

/// A network whose open height and width nobody gave, at the size that its pictures are brought to.
Model at_picture_size(const Model& model) {
  std::map<std::string, Shape> shapes;
  const auto assumed = [&](const std::string& symbol) {
    const auto size = std::ranges::find(model.sizes(), symbol, &SizeInfo::name);
    return size != model.sizes().end() && size->assumed;
  };
  const std::vector<TensorInfo> inputs = model.inputs();
  for (const Preprocess& how : model.manifest().preprocess) {
    const std::vector<std::int64_t>& size = how.crop.empty() ? how.resize : how.crop;
    const auto input = std::ranges::find(inputs, how.input, &TensorInfo::name);
    if (size.empty() || input == inputs.end() || input->shape.rank() != 4) continue;
    if (how.crop.empty() && how.fit == Fit::shorter) continue;  // one side follows from the picture
    Shape shape = input->shape;
    const PictureAxes axes = picture_axes(how, *input);
    if (assumed(input->symbols[axes.height])) shape[axes.height] = size.front();
    if (assumed(input->symbols[axes.width])) shape[axes.width] = size.back();
    shapes[how.input] = shape;
  }
  return model.at(shapes);
}

}  // namespace

Model Model::load(const std::filesystem::path& file, const LoadOptions& options) {
  const auto load = [&](const std::map<std::string, Shape>& shapes) {
    LoadOptions wanted = options;
    wanted.shapes = shapes;
    return kind_of(file) == FileKind::onnx ? load_from_onnx(file, wanted) : load_from_yaml(file, wanted);
  };
  return at_picture_size(blaming_channels(options.shapes, load));
}

const std::string& Model::name() const { return contents_->graph.name; }

const Manifest& Model::manifest() const { return contents_->manifest; }

std::vector<TensorInfo> Model::inputs() const {
  std::vector<TensorInfo> result;
  for (const GraphInput& input : contents_->graph.inputs) {
    result.push_back(info_of(contents_->graph.value(input.value).name, contents_->types[index(input.value)]));
    result.back().has_default = static_cast<bool>(input.default_value);
    result.back().symbols.resize(result.back().shape.rank());
    if (result.size() <= contents_->symbols.size()) result.back().symbols = contents_->symbols[result.size() - 1];
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

const std::vector<SizeInfo>& Model::sizes() const { return contents_->sizes; }

Model Model::at(const std::map<std::string, Shape>& shapes) const {
  return blaming_channels(shapes, [&](const auto& given) { return at_shapes(*this, given); });
}

std::vector<LayerInfo> Model::layers() const {
  const Graph& graph = contents_->graph;
  std::vector<LayerInfo> result;
  std::vector<bool> counted(graph.params.size());
  for (const Node& node : graph.live()) {
    LayerInfo layer{node.name, std::string(name_of(node.op)), node.where.str(), print_attributes(node.op), {}, {}, 0,
                    0};
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
  return Model(changed(*contents_, std::move(graph), [values](const Model& m) { return m.with_outputs(values); }));
}

std::pair<Model, std::vector<std::string>> Model::part_with_onnx_form() const {
  Graph graph = contents_->graph;
  const std::vector<NodeId> without = without_onnx_form(graph, contents_->types);
  std::vector<std::string> names;
  for (const NodeId id : without) names.push_back(graph.node(id).name);
  if (names.empty()) return {*this, names};
  graph = without_nodes(std::move(graph), without);
  Contents whole = *contents_;
  whole.manifest.task = {};  // it is about outputs that are gone
  const auto again = [](const Model& model) { return model.part_with_onnx_form().first; };
  return {Model(changed(whole, std::move(graph), again)), std::move(names)};
}

std::pair<Model, FoldReport> Model::fold(const FoldOptions& options) const {
  return fold(options, {.threads = options.threads});
}

std::pair<Model, FoldReport> Model::fold(const FoldOptions& options, const DeviceOptions& device) const {
  Graph graph = contents_->graph;
  FoldReport report = banoff::fold(graph, contents_->bindings, options, reference::compute<double>,
                                   price_on(device, contents_->bindings));
  if (!contents_->original.empty() && report.folded() == 0 && report.affine_folded == 0)
    return {*this, std::move(report)};
  const auto again = [options, device](const Model& model) { return model.fold(options, device).first; };
  return {Model(changed(*contents_, std::move(graph), again)), std::move(report)};
}

std::pair<Model, PruneReport> Model::prune(const PruneOptions& options) const {
  Graph graph = contents_->graph;
  PruneReport report = banoff::prune(graph, contents_->bindings, options);
  const auto again = [options](const Model& model) { return model.prune(options).first; };
  return {Model(changed(*contents_, std::move(graph), again)), std::move(report)};
}

std::vector<SizeInfo> Model::save(const std::filesystem::path& file) const {
  std::vector<SizeInfo> sizes = contents_->sizes;
  if (file.extension() != ".onnx") {
    save_model(file, contents_->graph, contents_->manifest);
    return sizes;
  }
  std::map<std::string, std::string> fixed;
  if (contents_->original.empty()) fixed = save_onnx(file, contents_->graph, contents_->types);
  else copy_onnx(contents_->original, file);
  for (SizeInfo& size : sizes) {
    if (const auto found = fixed.find(size.name); found != fixed.end()) size.fixed_by = found->second;
  }
  if (const std::string text = print_manifest(manifest()); !text.empty())
    write_file_atomically(task_file_of(file), text);
  return sizes;
}

std::string Model::yaml() const { return print_yaml(contents_->graph, contents_->manifest); }

std::vector<Unsupported> Model::unsupported() const {
  std::vector<Unsupported> result;
  for (CannotRun& each : cannot_run(contents_->graph)) {
    result.push_back({std::move(each.op), std::move(each.reason), std::move(each.nodes)});
  }
  return result;
}

Tensors Model::reference(const Tensors& inputs) const {
  require_runnable(contents_->graph);
  return reference::outputs<double>(at(shapes_of(inputs)).contents_->graph, inputs);
}

std::optional<std::string> Model::first_difference(const Model& other, const Tensors& inputs, double tolerance) const {
  require_runnable(contents_->graph), require_runnable(other.contents_->graph);
  const auto shapes = shapes_of(inputs);
  return banoff::first_difference(at(shapes).contents_->graph, other.at(shapes).contents_->graph, inputs, tolerance,
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
