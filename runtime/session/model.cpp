// What a model tells of itself.
#include "banoff/model.hpp"

#include "runtime/graph/flops.hpp"
#include "runtime/graph/opaque.hpp"
#include "runtime/load/fields.hpp"
#include "runtime/load/load.hpp"
#include "runtime/session/contents.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

}  // namespace

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

std::string Model::yaml() const { return print_yaml(contents_->graph, contents_->manifest); }

std::vector<Unsupported> Model::unsupported() const {
  std::vector<Unsupported> result;
  for (CannotRun& each : cannot_run(contents_->graph)) {
    result.push_back({std::move(each.op), std::move(each.reason), std::move(each.nodes)});
  }
  return result;
}

}  // namespace banoff
