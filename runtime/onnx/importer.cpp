#include "runtime/onnx/importer.hpp"

#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/onnx/model_file.hpp"
#include "runtime/onnx/names.hpp"
#include "runtime/onnx/patterns.hpp"
#include "runtime/onnx/tensor.hpp"
#include "runtime/onnx/translate.hpp"
#include "runtime/onnx/transposes.hpp"

namespace banoff::onnx_import {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

std::string title(const onnx::NodeProto& node) {
  if (!node.name().empty()) return printable(node.name());
  return printable(node.output_size() > 0 && !node.output(0).empty() ? node.output(0) : node.op_type());
}

}  // namespace

Importer::Importer(const Source& source, const std::vector<FileInput>& inputs, std::set<std::string>& constants,
                   KnownTensors& known)
    : source_(source.model.graph()),
      given_(source),
      inputs_(inputs),
      file_(source.file),
      evaluate_(source.evaluate),
      limits_(source.limits),
      opset_(opset_of(source.model)),
      constants_(constants),
      known_(known) {
  graph_.name = file_.stem().string();
  for (const onnx::NodeProto& node : source_.node()) read_.insert(node.input().begin(), node.input().end());
  for (const onnx::ValueInfoProto& output : source_.output()) read_.insert(output.name());
}

Graph Importer::run() {
  if (static_cast<std::size_t>(source_.node_size()) > limits_.graph.max_nodes) {
    fail_input("{} nodes, the limit is {}", source_.node_size(), limits_.graph.max_nodes);
  }
  take_initializers();
  take_inputs();
  for (const onnx::NodeProto& node : source_.node()) take_node(node);
  if (!failures_.empty()) report();
  take_outputs();
  return with_patterns(without_transposes(graph_, known_), known_).compacted();
}

void Importer::take_initializers() {
  std::set<std::string_view> optional;
  for (const FileInput& input : inputs_) {
    if (input.has_default) optional.insert(input.name);
  }
  for (const auto& [name, tensor] : given_.initializers) {
    if (optional.contains(name)) defaults_.emplace(name, tensor);
    else define(name, {none, tensor});
  }
}

void Importer::take_inputs() {
  for (const FileInput& input : inputs_) {
    check_name(input.name, "input");
    TensorType type{input.dtype, {}, false};
    std::vector<Dim> dims;
    for (const Dim& dim : input.dims) {
      type.shape.push_back(dim.size);
      dims.push_back({dim.size, "", false});
    }
    if (type.shape.elements() > limits_.graph.max_elements) {
      fail_input("input '{}': {} is larger than the limit of {} elements", input.name, type.str(),
                 limits_.graph.max_elements);
    }
    const ValueId value = graph_.add_input(input.name, type.dtype, std::move(dims));
    names_.insert(input.name);
    types_.push_back(type);
    define(input.name, {value, std::nullopt});
    if (input.has_default) take_default(input);
  }
}

void Importer::take_default(const FileInput& input) {
  const Known& value = defaults_.at(input.name);
  if (value.dtype() != input.dtype) {
    fail_input("input '{}' is {}, its default {}", input.name, name_of(input.dtype), name_of(value.dtype()));
  }
  if (value.elements() == 0) fail_input("input '{}': tensors without elements are not supported", input.name);
  graph_.inputs.back().default_value = value;
}

const Known* Importer::fixed(const std::string& name) {
  const auto found = defaults_.find(name);
  if (found == defaults_.end()) return nullptr;
  constants_.insert(name);
  return &found->second;
}

const Operand& Importer::operand(const std::string& name) const {
  const auto found = operands_.find(name);
  if (found == operands_.end()) fail_input("reads '{}', which nothing computes before it", name);
  return found->second;
}

TensorType Importer::type_of(const Operand& operand) const {
  if (operand.known) return {operand.known->dtype(), operand.known->shape(), false};
  return types_[index(operand.value)];
}

void Importer::define(const std::string& name, Operand operand) {
  if (!operands_.emplace(name, std::move(operand)).second) fail_input("'{}' is defined twice", name);
}

std::string Importer::unique(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 2; !names_.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
  return name;
}

/// A known value that something at run time reads is a constant of the network.
ValueId Importer::live(const Operand& operand) {
  if (!operand.known) return operand.value;
  Node node;
  node.name = unique("constant");
  node.op = Constant{operand.known->shape().vec(), operand.known->dtype()};
  node.where = {file_.string(), 0};
  node.params.emplace_back(Slot::value, graph_.add_param(node.name + ".value", *operand.known));
  const NodeId id = graph_.add_node(std::move(node));
  types_.push_back(type_of(operand));
  return graph_.node(id).outputs[0];
}

/// What an op makes of a tensor without elements. Kernels expect some, but for sums and the like.
std::vector<Operand> Importer::without_elements(const Signature& signature) {
  std::vector<Operand> results;
  for (const TensorType& type : signature.outputs) {
    if (type.shape.elements() != 0) fail_input("tensors without elements are not supported");
    results.push_back({none, known_.allocate(type.dtype, type.shape).first});
  }
  return results;
}

std::vector<Operand> Importer::evaluated(const Op& op, const std::vector<Operand>& inputs, const Params& params,
                                         const Signature& signature) {
  Graph scratch;
  Node node;
  node.op = op;
  for (const auto& [slot, tensor] : params) node.params.emplace_back(slot, scratch.add_param("", tensor));
  std::vector<Tensor> tensors, read;
  for (const Operand& input : inputs) tensors.push_back(*input.known);
  read = tensors;
  for (const auto& [slot, tensor] : params) read.push_back(tensor);
  std::vector<Operand> operands;
  for (Known& result : known_.computed(read, signature.outputs, [&] { return evaluate_(scratch, node, tensors); })) {
    operands.push_back({none, std::move(result)});
  }
  return operands;
}

/// Whether the op makes something of no elements.
static bool has_neutral(const Op& op) {
  const auto* reduce = std::get_if<Reduce>(&op);
  return reduce != nullptr && reduce->kind != ReduceKind::mean;
}

std::vector<Operand> Importer::emit(const std::string& name, Op op, const std::vector<Operand>& inputs, Params params) {
  std::vector<TensorType> types;
  for (const Operand& input : inputs) types.push_back(type_of(input));
  const Signature signature = banoff::signature(op, types);
  for (const TensorType& type : signature.outputs) {
    if (type.shape.elements() > limits_.graph.max_elements) {
      fail_input("{} is larger than the limit of {} elements", type.str(), limits_.graph.max_elements);
    }
  }
  const auto is_empty = [](const Operand& input) { return input.known && input.known->elements() == 0; };
  if (std::ranges::any_of(inputs, is_empty) && !has_neutral(op)) return without_elements(signature);
  if (std::ranges::all_of(inputs, [](const Operand& input) { return input.known.has_value(); })) {
    return evaluated(op, inputs, params, signature);
  }
  std::vector<ValueId> values;
  for (const Operand& input : inputs) values.push_back(live(input));
  Node node;
  node.name = unique(name);
  node.op = std::move(op);
  node.inputs = std::move(values);
  node.where = {file_.string(), 0};
  for (auto& [slot, tensor] : params) {
    node.params.emplace_back(slot, graph_.add_param(node.name + "." + std::string(slot_name(slot)), std::move(tensor)));
  }
  const NodeId id = graph_.add_node(std::move(node), signature.outputs.size());
  types_.insert(types_.end(), signature.outputs.begin(), signature.outputs.end());
  std::vector<Operand> results;
  for (const ValueId value : graph_.node(id).outputs) results.push_back({value, std::nullopt});
  return results;
}

void Importer::take_node(const onnx::NodeProto& node) {
  const auto is_lost = [&](const std::string& input) { return lost_.contains(input); };
  bool lost = std::ranges::any_of(node.input(), is_lost);
  try {
    if (!lost) translate(*this, node, title(node));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    failures_.push_back({title(node), node.op_type(), error.what()});
    lost = true;
  }
  if (!lost) return;
  for (const std::string& output : node.output()) lost_.insert(output);
}

void Importer::take_outputs() {
  if (source_.output_size() == 0) fail_input("the network has no output");
  for (const onnx::ValueInfoProto& output : source_.output()) {
    check_name(output.name(), "output");
    graph_.add_output(output.name(), live(operand(output.name())));
  }
}

void Importer::report() const {
  std::string text =
      fmt::format("{} of {} nodes cannot be taken over (opset {}):", failures_.size(), source_.node_size(), opset_);
  for (const Failure& failure : failures_) {
    text += fmt::format("\n  {} '{}': {}", failure.op, failure.node, failure.reason);
  }
  fail_input("{}", text);
}

}  // namespace banoff::onnx_import
