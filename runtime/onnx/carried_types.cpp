#include "runtime/onnx/carried_types.hpp"

#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <exception>

#include "runtime/core/checked.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/source.hpp"

namespace banoff::onnx_import {

namespace {

/// Larger constants say nothing of shapes.
constexpr std::int64_t largest_constant = 1024;

/// Shape inference trusts a node to be what its operator's schema says.
bool is_valid(const Lone& lone) {
  onnx::checker::CheckerContext context;
  context.set_ir_version(static_cast<int>(lone.shell.ir_version()));
  std::unordered_map<std::string, int> imports{{"", static_cast<int>(lone.opset)}};
  for (const auto& opset : lone.shell.opset_import()) imports.emplace(opset.domain(), static_cast<int>(opset.version()));
  context.set_opset_imports(imports);
  onnx::checker::LexicalScopeContext scope;
  for (const auto& [name, type] : lone.inputs) scope.add(name);
  try {
    onnx::checker::check_node(lone.node, context, scope);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void add_constant(onnx::GraphProto& graph, const std::string& name, const Known& value) {
  onnx::TensorProto& proto = *graph.add_initializer();
  proto.set_name(name);
  proto.set_data_type(onnx_types[value.dtype()]);
  for (const std::int64_t size : value.shape()) proto.add_dims(size);
  proto.set_raw_data(value.data(), value.bytes());
}

onnx::ModelProto model_of(const Lone& lone) {
  onnx::ModelProto model;
  model.set_ir_version(lone.shell.ir_version());
  const auto own = [](const auto& opset) { return opset.domain().empty() || opset.domain() == "ai.onnx"; };
  for (const auto& opset : lone.shell.opset_import()) {
    if (!own(opset)) *model.add_opset_import() = opset;
  }
  model.add_opset_import()->set_version(lone.opset);
  if (function_of(lone.shell, lone.node) != nullptr) *model.mutable_functions() = lone.shell.functions();
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("node");
  *graph.add_node() = lone.node;
  for (const auto& [name, type] : lone.inputs) {
    onnx::ValueInfoProto& input = *graph.add_input();
    input.set_name(name);
    *input.mutable_type() = type;
  }
  for (const auto& [name, value] : lone.constants) {
    if (value.elements() <= largest_constant) add_constant(graph, name, value);
  }
  return model;
}

}  // namespace

std::vector<onnx::TypeProto> inferred_types(const Lone& lone) {
  std::vector<onnx::TypeProto> types(static_cast<std::size_t>(lone.node.output_size()));
  const bool has_schema = onnx::OpSchemaRegistry::Instance()->GetSchema(
                              lone.node.op_type(), static_cast<int>(lone.opset), lone.node.domain()) != nullptr;
  if (!has_schema && function_of(lone.shell, lone.node) == nullptr) return types;
  if (!is_valid(lone)) return types;
  onnx::ModelProto model = model_of(lone);
  try {
    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), onnx::ShapeInferenceOptions{});
  } catch (const std::exception&) {
    return types;  // it says why the node is wrong, which whoever runs it will say as well
  }
  for (const onnx::ValueInfoProto& info : model.graph().value_info()) {
    const auto output = std::ranges::find(lone.node.output(), info.name());
    if (output != lone.node.output().end()) types[static_cast<std::size_t>(output - lone.node.output().begin())] = info.type();
  }
  return types;
}

onnx::TypeProto type_proto(const TensorType& type) {
  onnx::TypeProto proto;
  auto& tensor = *proto.mutable_tensor_type();
  tensor.set_elem_type(onnx_types[type.dtype]);
  auto& shape = *tensor.mutable_shape();
  for (std::size_t i = 0; i < type.shape.rank(); ++i) {
    auto& dim = *shape.add_dim();
    if (i > 0 || !type.bounded) dim.set_dim_value(type.shape[i]);
  }
  return proto;
}

std::optional<TensorType> tensor_type(const onnx::TypeProto& proto, std::int64_t max_elements) {
  if (!proto.has_tensor_type() || !proto.tensor_type().has_shape()) return std::nullopt;
  const std::optional<DType> type = onnx_types.find(proto.tensor_type().elem_type());
  const auto& dims = proto.tensor_type().shape().dim();
  if (!type || dims.size() > static_cast<int>(Shape::max_rank)) return std::nullopt;
  TensorType result{*type, {}, false};
  std::int64_t elements = 1;
  for (const auto& dim : dims) {
    if (!dim.has_dim_value() || dim.dim_value() < 1 || dim.dim_value() > max_elements / elements) return std::nullopt;
    elements *= dim.dim_value();
    result.shape.push_back(dim.dim_value());
  }
  return result;
}

}  // namespace banoff::onnx_import
