// Nodes that are not understood: opaque in the graph, and written as they were.
#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/onnx/attributes.hpp"
#include "runtime/onnx/carried_types.hpp"
#include "runtime/onnx/importer.hpp"

namespace banoff::onnx_import {

namespace {

Opaque::Output output_of(const TensorType& type) {
  Opaque::Output output{type.dtype, {}, true};
  for (const std::int64_t size : type.shape) output.sizes.push_back({size});
  return output;
}

}  // namespace

std::optional<std::string> Importer::why_no_tensor(const Operand& operand) const {
  if (operand.known || !no_tensors_.contains(operand.value)) return std::nullopt;
  for (ValueId value = operand.value;;) {
    const Node& node = graph_.node(graph_.value(value).producer);
    const auto& foreign = *std::get<Opaque>(node.op).foreign;
    // Of a call of a function the reason is that of a node in its body.
    if (foreign.reason.starts_with(in_its_body)) return foreign.reason.substr(in_its_body.size());
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

onnx::TypeProto Importer::type_proto_of(const Operand& operand) const {
  const auto found = no_tensors_.find(operand.value);
  return !operand.known && found != no_tensors_.end() ? found->second : type_proto(type_of(operand));
}

/// Sizes of the network's inputs by the file's names for them.
std::map<std::string, std::int64_t> Importer::sizes_in_file() const {
  std::map<std::string, std::int64_t> sizes;
  for (const onnx::ValueInfoProto& input : source_.input()) {
    const auto sized = std::ranges::find(inputs_, input.name(), &FileInput::name);
    const auto& dims = input.type().tensor_type().shape().dim();
    // An input with a default has the default's dimensions, which need not be as many as the file says of it.
    if (sized == inputs_.end() || std::ssize(sized->dims) != dims.size()) continue;
    for (int i = 0; i < dims.size(); ++i) {
      if (!dims[i].dim_param().empty())
        sizes.emplace(dims[i].dim_param(), sized->dims[static_cast<std::size_t>(i)].size);
    }
  }
  return sizes;
}

/// What the file says of a value, the sizes of inputs put in for their names.
onnx::TypeProto Importer::type_in_file(const std::string& name) {
  if (scopes_.depth() > 1) return {};
  if (!told_) {  // only files that hold what is carried ask
    told_.emplace();
    told_->sizes = sizes_in_file();
    for (const auto* infos : {&source_.value_info(), &source_.output()}) {
      for (const onnx::ValueInfoProto& info : *infos) told_->types.emplace(info.name(), &info.type());
    }
  }
  const auto found = told_->types.find(name);
  if (found == told_->types.end()) return {};
  onnx::TypeProto type = *found->second;
  if (!type.has_tensor_type() || !type.tensor_type().has_shape()) return type;
  for (auto& dim : *type.mutable_tensor_type()->mutable_shape()->mutable_dim()) {
    const auto size = told_->sizes.find(dim.dim_param());
    if (size != told_->sizes.end()) dim.set_dim_value(size->second);
  }
  return type;
}

/// The types of what the node's subgraphs compute, where they do not depend on which runs or how often: tried, and
/// undone.
std::vector<std::optional<TensorType>> Importer::types_of_subgraphs(const onnx::NodeProto& node) {
  std::vector<std::optional<TensorType>> types;
  const Mark before = mark();
  if (!failure_of([&] { types = probed(node); })) roll_back(before);
  return types;
}

std::vector<std::optional<TensorType>> Importer::probed(const onnx::NodeProto& node) {
  std::vector<std::optional<TensorType>> types;
  const auto type = [&](const Operand& operand) {
    return why_no_tensor(operand) ? std::nullopt : std::optional(type_of(operand));
  };
  Attributes attributes(node);
  if (node.op_type() == "If") {
    const auto yes = inlined(attributes.graph("then_branch"), {}, "then/");
    const auto no = inlined(attributes.graph("else_branch"), {}, "else/");
    for (std::size_t i = 0; i < std::min(yes.size(), no.size()); ++i) {
      types.push_back(type(yes[i]) == type(no[i]) ? type(yes[i]) : std::nullopt);
    }
  } else if (node.op_type() == "Loop") {
    const onnx::GraphProto& body = attributes.graph("body");
    std::vector<TensorType> begin{{DType::i64, {}, false}, {DType::boolean, {}, false}};
    for (int i = 2; i < node.input_size(); ++i) {
      const Operand& in = operand(node.input(i));
      if (why_no_tensor(in)) return {};
      begin.push_back(type_of(in));
    }
    Definitions given;
    for (int i = 0; i < std::min<int>(body.input_size(), static_cast<int>(begin.size())); ++i) {
      auto carried = std::make_shared<Carried>("Loop", "", onnx::NodeProto());
      carried->types.push_back(type_proto(begin[static_cast<std::size_t>(i)]));
      given.emplace_back(body.input(i).name(), Operand{add_carried("loop", carried, {}).outputs.at(0), std::nullopt});
    }
    const auto end = inlined(body, given, "body/");
    for (std::size_t i = 2; i < begin.size() && i < end.size() + 1; ++i) {
      const auto after = type(end[i - 1]);
      types.push_back(after == std::optional(begin[i]) ? after : std::nullopt);
    }
  }
  return types;
}

/// What can be told of the node's output `i`: by its operator, by its subgraphs, by the file.
onnx::TypeProto Importer::carried_type(const onnx::NodeProto& node, int i,
                                       const std::vector<std::optional<TensorType>>& of_subgraphs) {
  const auto at = static_cast<std::size_t>(i);
  if (at < of_subgraphs.size() && of_subgraphs[at]) return type_proto(*of_subgraphs[at]);
  if (i == 0 && keeps_type(node) && node.input_size() > 0) return type_proto_of(operand(node.input(0)));
  return type_in_file(node.output(i));
}

void Importer::carry(const onnx::NodeProto& node, const std::string& reason) {
  known_.keep(node.ByteSizeLong());
  auto carried = std::make_shared<Carried>(node.op_type(), reason, node);
  carried->captured = captured_names(node);
  carried->opset = opset();
  const auto of_subgraphs = types_of_subgraphs(node);
  std::vector<ValueId> inputs;
  const auto read = [&](const std::string& name) {
    if (!name.empty()) inputs.push_back(live(operand(name)));
  };
  std::ranges::for_each(node.input(), read);
  std::ranges::for_each(carried->captured, read);
  for (int i = 0; i < node.output_size(); ++i) {
    if (!node.output(i).empty()) carried->types.push_back(carried_type(node, i, of_subgraphs));
  }
  if (carried->types.empty()) return;  // nothing can read it
  const Node& added = add_carried(title(node), carried, std::move(inputs));
  std::size_t at = 0;
  for (const std::string& output : node.output()) {
    if (!output.empty()) define(output, {added.outputs[at++], std::nullopt});
  }
}

}  // namespace banoff::onnx_import
