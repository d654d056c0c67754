// Nodes that are not understood: opaque in the graph, and written as they were.
#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/onnx/carried_types.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/importer.hpp"

namespace banoff::onnx_import {

namespace {

Opaque::Output output_of(const TensorType& type) {
  Opaque::Output output{type.dtype, {}, true};
  for (const std::int64_t size : type.shape) output.sizes.push_back({size});
  return output;
}

/// A tensor that only ONNX can say: one without elements.
onnx::TensorProto proto_of(const Known& tensor) {
  onnx::TensorProto proto;
  proto.set_data_type(onnx_types[tensor.dtype()]);
  for (const std::int64_t size : tensor.shape()) proto.add_dims(size);
  proto.set_raw_data(tensor.data(), tensor.bytes());
  return proto;
}

}  // namespace

std::optional<std::string> Importer::why_no_tensor(const Operand& operand) const {
  if (operand.known || !no_tensors_.contains(operand.value)) return std::nullopt;
  for (ValueId value = operand.value;;) {
    const Node& node = graph_.node(graph_.value(value).producer);
    const auto& foreign = *std::get<Opaque>(node.op).foreign;
    if (!foreign.reason.empty()) return fmt::format("{} '{}': {}", foreign.op, node.name, foreign.reason);
    // A node that has no reason of its own reads another such value.
    const auto next = std::ranges::find_if(node.inputs, [&](ValueId input) { return no_tensors_.contains(input); });
    if (next == node.inputs.end()) return fmt::format("{} '{}' is no tensor", foreign.op, node.name);
    value = *next;
  }
}

bool Importer::reads_carried(const onnx::NodeProto& node) const {
  return std::ranges::any_of(node.input(), [&](const std::string& name) {
    const Operand* operand = name.empty() ? nullptr : scopes_.find(name);
    return operand != nullptr && !operand->known && no_tensors_.contains(operand->value);
  });
}

const Node& Importer::add_carried(const std::string& name, const std::shared_ptr<Carried>& carried,
                                  std::vector<ValueId> inputs) {
  carried->shell = given_.shell;
  Node node;
  node.name = unique(name);
  node.inputs = std::move(inputs);
  node.where = {file_.string(), 0};
  Opaque op;
  for (const onnx::TypeProto& proto : carried->types) {
    const std::optional<TensorType> type = tensor_type(proto, limits_.graph.max_elements);
    op.outputs.push_back(type ? output_of(*type) : Opaque::Output{});
  }
  op.foreign = carried;
  const Signature signature = [&] {
    std::vector<TensorType> types;
    for (const ValueId input : node.inputs) types.push_back(types_[static_cast<std::size_t>(input)]);
    return banoff::signature(op, types);
  }();
  node.op = std::move(op);
  const Node& added = graph_.node(graph_.add_node(std::move(node), carried->types.size()));
  types_.insert(types_.end(), signature.outputs.begin(), signature.outputs.end());
  const auto& outputs = std::get<Opaque>(added.op).outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].is_tensor) no_tensors_.emplace(added.outputs[i], carried->types[i]);
  }
  return added;
}

ValueId Importer::carry_alone(const std::string& name, std::shared_ptr<Carried> carried) {
  const ValueId value = add_carried(name, carried, {}).outputs.at(0);
  no_tensors_.emplace(value, carried->types[0]);
  return value;
}

ValueId Importer::carried_input(const Operand& operand) {
  if (!operand.known || operand.known->elements() > 0) return live(operand);
  auto carried = std::make_shared<Carried>("Constant", "tensors without elements are not supported", proto_of(*operand.known));
  carried->types.push_back(type_proto({operand.known->dtype(), operand.known->shape(), false}));
  return carry_alone("empty", std::move(carried));
}

onnx::TypeProto Importer::type_proto_of(const Operand& operand) const {
  const auto found = no_tensors_.find(operand.value);
  return !operand.known && found != no_tensors_.end() ? found->second : type_proto(type_of(operand));
}

/// What the file says of a value, the sizes of inputs put in for their names.
onnx::TypeProto Importer::type_in_file(const std::string& name) const {
  const auto with_sizes = [&](onnx::TypeProto type) {
    std::map<std::string, std::int64_t> sizes;
    for (const onnx::ValueInfoProto& input : source_.input()) {
      const auto sized = std::ranges::find(inputs_, input.name(), &FileInput::name);
      const auto& dims = input.type().tensor_type().shape().dim();
      for (int i = 0; sized != inputs_.end() && i < dims.size(); ++i) {
        if (!dims[i].dim_param().empty()) sizes.emplace(dims[i].dim_param(), sized->dims[static_cast<std::size_t>(i)].size);
      }
    }
    if (!type.has_tensor_type() || !type.tensor_type().has_shape()) return type;
    for (auto& dim : *type.mutable_tensor_type()->mutable_shape()->mutable_dim()) {
      const auto size = sizes.find(dim.dim_param());
      if (size != sizes.end()) dim.set_dim_value(size->second);
    }
    return type;
  };
  if (scopes_.depth() > 1) return {};
  for (const auto* infos : {&source_.value_info(), &source_.output()}) {
    const auto found = std::ranges::find(*infos, name, &onnx::ValueInfoProto::name);
    if (found != infos->end()) return with_sizes(found->type());
  }
  return {};
}

void Importer::carry(const onnx::NodeProto& node, const std::string& reason) {
  auto carried = std::make_shared<Carried>(node.op_type(), reason, node);
  carried->captured = captured_names(node);
  carried->opset = opset();
  Lone lone{node, {}, {}, *given_.shell, opset()};
  std::vector<ValueId> inputs;
  const auto read = [&](const std::string& name) {
    if (name.empty()) return;
    const Operand& in = operand(name);
    if (std::ranges::find(lone.inputs, name, &std::pair<std::string, onnx::TypeProto>::first) == lone.inputs.end()) {
      lone.inputs.emplace_back(name, type_proto_of(in));
      if (in.known) lone.constants.emplace_back(name, *in.known);
    }
    inputs.push_back(carried_input(in));
  };
  std::ranges::for_each(node.input(), read);
  std::ranges::for_each(carried->captured, read);
  std::vector<onnx::TypeProto> types = inferred_types(lone);
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty()) continue;
    onnx::TypeProto& type = types[static_cast<std::size_t>(i)];
    const onnx::TypeProto in_file = type_in_file(node.output(i));
    const bool is_tensor = tensor_type(type, limits_.graph.max_elements).has_value();
    const bool is_told = in_file.value_case() != onnx::TypeProto::VALUE_NOT_SET;
    if (!is_tensor && (tensor_type(in_file, limits_.graph.max_elements) || type.value_case() == onnx::TypeProto::VALUE_NOT_SET)) type = in_file;
    // Operators change from opset to opset, and the schema's library may know an earlier one.
    if (is_tensor && is_told) type.mutable_tensor_type()->set_elem_type(in_file.tensor_type().elem_type());
    carried->types.push_back(type);
  }
  if (carried->types.empty()) return;  // nothing can read it
  const Node& added = add_carried(title(node), carried, std::move(inputs));
  std::size_t at = 0;
  for (const std::string& output : node.output()) {
    if (!output.empty()) define(output, {added.outputs[at++], std::nullopt});
  }
}

}  // namespace banoff::onnx_import
