// A model out of its files, and into files.
#include <algorithm>

#include "banoff/file.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/load/file_kind.hpp"
#include "runtime/load/inputs.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/manifest.hpp"
#include "runtime/onnx/export.hpp"
#include "runtime/onnx/import.hpp"
#include "runtime/session/changed.hpp"
#include "runtime/session/channels.hpp"
#include "runtime/session/picture_axes.hpp"

namespace banoff {

namespace {

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

}  // namespace banoff
