#include "runtime/onnx/raise.hpp"

#include <algorithm>
#include <optional>

#include "runtime/core/fail.hpp"
#include "runtime/onnx/domain.hpp"
#include "runtime/onnx/names.hpp"

namespace banoff::onnx_export {

namespace {

using onnx::AttributeProto;
using onnx::NodeProto;
using onnx::TensorProto;

/// The attribute, taken out of the node.
std::optional<AttributeProto> take(NodeProto& node, const std::string& name) {
  auto& attributes = *node.mutable_attribute();
  const auto found = std::ranges::find(attributes, name, [](const AttributeProto& each) { return each.name(); });
  if (found == attributes.end()) return std::nullopt;
  AttributeProto taken = *found;
  attributes.erase(found);
  return taken;
}

AttributeProto& add_attribute(NodeProto& node, const std::string& name, AttributeProto::AttributeType type) {
  AttributeProto& added = *node.add_attribute();
  added.set_name(name);
  added.set_type(type);
  return added;
}

void set_integer(NodeProto& node, const std::string& name, std::int64_t value) {
  add_attribute(node, name, AttributeProto::INT).set_i(value);
}

void set_text(NodeProto& node, const std::string& name, const std::string& value) {
  add_attribute(node, name, AttributeProto::STRING).set_s(value);
}

bool has(const NodeProto& node, const std::string& name) {
  return std::ranges::any_of(node.attribute(), [&](const AttributeProto& each) { return each.name() == name; });
}

bool reduces(const std::string& op) { return op.starts_with("Reduce") && op != "ReduceSum"; }

/// A list of integers, or one of them, as a tensor. A number that a function's caller gives is none.
TensorProto tensor_of(const NodeProto& node, const AttributeProto& attribute) {
  if (!attribute.ref_attr_name().empty()) {
    fail_input("{} '{}' of a function takes {} from its caller, which opset 18 has as an input; convert the model",
               node.op_type(), node.name(), attribute.name());
  }
  TensorProto tensor;
  tensor.set_data_type(TensorProto::INT64);
  if (attribute.type() == AttributeProto::INT) {
    tensor.add_dims(1);
    tensor.add_int64_data(attribute.i());
    return tensor;
  }
  if (attribute.type() == AttributeProto::FLOATS) {
    tensor.set_data_type(TensorProto::FLOAT);
    tensor.add_dims(attribute.floats_size());
    for (const float value : attribute.floats()) tensor.add_float_data(value);
    return tensor;
  }
  tensor.add_dims(attribute.ints_size());
  for (const std::int64_t value : attribute.ints()) tensor.add_int64_data(value);
  return tensor;
}

}  // namespace

std::string Raiser::add_constant(const NodeProto& node, const TensorProto& value) {
  NodeProto& constant = before_.emplace_back();
  constant.set_op_type("Constant");
  constant.add_output(unique_(node.output(0) + ".constant"));
  *add_attribute(constant, "value", AttributeProto::TENSOR).mutable_t() = value;
  return constant.output(0);
}

void Raiser::add_input(NodeProto& node, int at, const std::string& name) {
  while (node.input_size() <= at) node.add_input("");
  node.set_input(at, name);
}

void Raiser::attribute_to_input(NodeProto& node, const std::string& attribute, int input) {
  if (const auto taken = take(node, attribute)) add_input(node, input, add_constant(node, tensor_of(node, *taken)));
}

/// A single float, in the element type of input 0.
void Raiser::number_to_input(NodeProto& node, const std::string& attribute, int input) {
  const auto taken = take(node, attribute);
  if (!taken) return;
  if (!taken->ref_attr_name().empty()) (void)tensor_of(node, *taken);
  TensorProto value;
  value.set_data_type(TensorProto::FLOAT);
  value.add_float_data(taken->f());
  const std::string constant = add_constant(node, value);
  NodeProto& cast = before_.emplace_back();
  cast.set_op_type("CastLike");
  cast.add_input(constant);
  cast.add_input(node.input(0));
  cast.add_output(unique_(constant + ".cast"));
  add_input(node, input, cast.output(0));
}

NodeProto& Raiser::step(const std::string& op, const std::string& input) {
  NodeProto& added = before_.emplace_back();
  added.set_op_type(op);
  added.add_input(input);
  added.add_output(unique_(input + "." + op));
  return added;
}

/// Before opset 13 it was over all dimensions from `axis` on.
void Raiser::raise_softmax(NodeProto& node) {
  const auto axis = take(node, "axis");
  const std::string shape = step("Shape", node.input(0)).output(0);
  NodeProto& flat = step("Flatten", node.input(0));
  set_integer(flat, "axis", axis ? axis->i() : 1);
  node.set_input(0, flat.output(0));
  set_integer(node, "axis", 1);
  NodeProto& reshape = after_.emplace_back();
  reshape.set_op_type("Reshape");
  reshape.add_input(unique_(node.output(0) + ".flat"));
  reshape.add_input(shape);
  reshape.add_output(node.output(0));
  node.set_output(0, reshape.input(0));
}

void Raiser::raise_upsample(NodeProto& node) {
  attribute_to_input(node, "scales", 1);
  if (node.input_size() < 2) fail_input("Upsample '{}' has no scales", node.name());
  const std::string scales = node.input(1);
  add_input(node, 1, "");
  add_input(node, 2, scales);
  node.set_op_type("Resize");
  set_text(node, "coordinate_transformation_mode", "asymmetric");
  set_text(node, "nearest_mode", "floor");
}

void Raiser::raise_one(NodeProto& node) {
  const std::string op = node.op_type();
  if (crosses(13) && (op == "Squeeze" || op == "Unsqueeze" || op == "ReduceSum")) attribute_to_input(node, "axes", 1);
  if (crosses(18) && reduces(op)) attribute_to_input(node, "axes", 1);
  if (crosses(13) && op == "Split") attribute_to_input(node, "split", 1);
  if (crosses(18) && op == "Split" && node.input_size() < 2) set_integer(node, "num_outputs", node.output_size());
  if (crosses(11) && op == "Clip") number_to_input(node, "min", 1), number_to_input(node, "max", 2);
  if (crosses(11) && op == "Pad") attribute_to_input(node, "pads", 1), number_to_input(node, "value", 2);
  if (crosses(10) && op == "Slice") {
    attribute_to_input(node, "starts", 1), attribute_to_input(node, "ends", 2), attribute_to_input(node, "axes", 3);
  }
  if (crosses(10) && op == "TopK") attribute_to_input(node, "k", 1);
  if (crosses(12) && op == "Dropout") (void)take(node, "ratio");
  if (crosses(13) && (op == "Softmax" || op == "LogSoftmax" || op == "Hardmax")) raise_softmax(node);
  if (crosses(11) && (op == "Upsample" || op == "Resize")) raise_upsample(node);
  if (crosses(11) && op == "Scatter") node.set_op_type("ScatterElements");
  if (crosses(16) && op == "RoiAlign" && !has(node, "coordinate_transformation_mode")) {
    set_text(node, "coordinate_transformation_mode", "output_half_pixel");
  }
  if (crosses(9) && op == "BatchNormalization") {
    const auto spatial = take(node, "spatial");
    if (spatial && spatial->i() == 0) fail_input("BatchNormalization '{}': spatial = 0 has no later form", node.name());
  }
  const bool changed = (crosses(9) && op == "Scan") || (crosses(21) && op == "GroupNormalization") ||
                       (crosses(20) && (op == "DFT" || op == "GridSample")) ||
                       (crosses(14) && op == "BatchNormalization" && node.output_size() > 1);
  if (changed) {
    fail_input("{} '{}' of opset {} has another form at opset {}; convert the model with onnx.version_converter", op,
               node.name(), from_, to_);
  }
}

void Raiser::raise_all(google::protobuf::RepeatedPtrField<NodeProto>& nodes) const {
  google::protobuf::RepeatedPtrField<NodeProto> result;
  for (NodeProto& node : nodes) {
    for (NodeProto& part : Raiser(from_, to_, unique_).raised(std::move(node))) *result.Add() = std::move(part);
  }
  nodes.Swap(&result);
}

void Raiser::raise_subgraphs(NodeProto& node) {
  const auto raise = [&](onnx::GraphProto& graph) { raise_all(*graph.mutable_node()); };
  for (AttributeProto& attribute : *node.mutable_attribute()) {
    if (attribute.has_g()) raise(*attribute.mutable_g());
    for (onnx::GraphProto& graph : *attribute.mutable_graphs()) raise(graph);
  }
}

std::vector<NodeProto> Raiser::raised(NodeProto node) {
  before_.clear(), after_.clear();
  if (from_ < to_) {
    raise_subgraphs(node);
    if (is_standard(node.domain())) raise_one(node);
  }
  std::vector<NodeProto> result = std::move(before_);
  result.push_back(std::move(node));
  std::ranges::move(after_, std::back_inserter(result));
  return result;
}

onnx::FunctionProto raised(onnx::FunctionProto function, std::int64_t opset) {
  onnx_import::UniqueNames names;
  const auto is_taken = [&](const std::string& name) { names.take(name); };
  std::ranges::for_each(function.input(), is_taken);
  for (const NodeProto& node : function.node()) std::ranges::for_each(node.output(), is_taken);
  const auto unique = [&](const std::string& wanted) { return names.made(wanted); };
  for (auto& import : *function.mutable_opset_import()) {
    if (!is_standard(import.domain()) || import.version() >= opset) continue;
    Raiser(import.version(), opset, unique).raise_all(*function.mutable_node());
    import.set_version(opset);
  }
  return function;
}

}  // namespace banoff::onnx_export
