#include "runtime/onnx/importer.hpp"

#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/onnx/domain.hpp"
#include "runtime/onnx/functions.hpp"
#include "runtime/onnx/grids.hpp"
#include "runtime/onnx/names.hpp"
#include "runtime/onnx/patterns.hpp"
#include "runtime/onnx/tensor.hpp"
#include "runtime/onnx/translate.hpp"
#include "runtime/onnx/transposes.hpp"

namespace banoff::onnx_import {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// The names that the nodes and outputs of a graph read, subgraphs included.
template <class Body, class Outputs>
std::set<std::string, std::less<>> names_read(const Body& body, const Outputs& outputs) {
  std::set<std::string, std::less<>> read(outputs.begin(), outputs.end());
  for (const onnx::NodeProto& node : body.node()) {
    read.insert(node.input().begin(), node.input().end());
    for (std::string& name : captured_names(node)) read.insert(std::move(name));
  }
  return read;
}

std::vector<std::string> output_names(const onnx::GraphProto& graph) {
  std::vector<std::string> names;
  for (const onnx::ValueInfoProto& output : graph.output()) names.push_back(output.name());
  return names;
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
      constants_(constants),
      known_(known) {
  graph_.name = file_.stem().string();
}

Graph Importer::run() {
  if (static_cast<std::size_t>(source_.node_size()) > limits_.graph.max_nodes) {
    fail_input("{} nodes, the limit is {}", source_.node_size(), limits_.graph.max_nodes);
  }
  open({.prefix = "", .opset = given_.opset, .read = names_read(source_, output_names(source_))}, {});
  take_inputs();
  take_initializers();
  for (const onnx::NodeProto& node : source_.node()) take_node(node);
  take_outputs();
  drop_unread();
  const Graph joined = with_grids(graph_.compacted());
  return with_patterns(without_transposes(joined, known_), known_).compacted();
}

void Importer::open(Scope scope, const Definitions& given) {
  constexpr std::size_t deepest = 64;
  if (scopes_.depth() >= deepest) fail_input("subgraphs and functions are nested more than {} deep", deepest);
  scopes_.open(std::move(scope));
  for (const auto& [name, operand] : given) define(name, operand);
}

const Known* Importer::fixed(const Operand& operand) {
  const auto found = defaults_.find(operand.value);
  if (found == defaults_.end()) return nullptr;
  constants_.insert(found->second.first);
  return &found->second.second;
}

const Operand& Importer::operand(const std::string& name) const {
  const Operand* found = scopes_.find(name);
  if (found == nullptr) fail_input("reads '{}', which nothing computes before it", name);
  return *found;
}

TensorType Importer::type_of(const Operand& operand) const {
  if (operand.known) return {operand.known->dtype(), operand.known->shape(), false};
  return types_[index(operand.value)];
}

void Importer::define(const std::string& name, Operand operand) {
  Scope& scope = scopes_.inner();
  if (!scope.operands.emplace(name, std::move(operand)).second) fail_input("'{}' is defined twice", name);
  scope.order.push_back(name);
}

std::string Importer::unique(const std::string& wanted) { return names_.made(wanted); }

std::string Importer::title(const onnx::NodeProto& node) const {
  const bool has_output = node.output_size() > 0 && !node.output(0).empty();
  const std::string& name = !node.name().empty() ? node.name() : has_output ? node.output(0) : node.op_type();
  return scopes_.inner().prefix + printable(name);
}

ParamId Importer::add_param(std::string name, const Known& tensor) {
  const auto [at, added] = params_.try_emplace({tensor.data(), tensor.dtype(), tensor.shape().vec()}, none);
  if (added) at->second = graph_.add_param(std::move(name), tensor);
  return at->second;
}

/// A known value that something at run time reads is a constant of the network.
ValueId Importer::live(const Operand& operand) {
  if (!operand.known) return operand.value;
  Node node;
  node.name = unique("constant");
  node.op = Constant{operand.known->shape().vec(), operand.known->dtype()};
  node.where = {file_.string(), 0};
  node.params.emplace_back(Slot::value, add_param(node.name + ".value", *operand.known));
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
  std::vector<TensorType> types;
  for (const Operand& input : inputs) types.push_back(type_of(input));
  const std::int64_t steps = steps_of(node, types, signature.outputs);
  const auto compute = [&] { return evaluate_(scratch, node, tensors); };
  for (Known& result : known_.computed(read, signature.outputs, steps, compute)) {
    operands.push_back({none, std::move(result)});
  }
  return operands;
}

/// The grid that known values still lie on when they have moved.
static std::shared_ptr<const WeightGrid> moved_grid(const Op& op, const std::vector<Operand>& inputs) {
  const auto* transpose = std::get_if<Transpose>(&op);
  if (transpose == nullptr || !inputs[0].grid) return nullptr;
  if (!inputs[0].grid->axis) return inputs[0].grid;
  WeightGrid grid = *inputs[0].grid;
  for (std::size_t i = 0; i < transpose->perm.size(); ++i) {
    if (resolve_axis(transpose->perm[i], transpose->perm.size()) == *inputs[0].grid->axis) grid.axis = i;
  }
  return std::make_shared<const WeightGrid>(std::move(grid));
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
    std::vector<Operand> results = evaluated(op, inputs, params, signature);
    results[0].grid = moved_grid(op, inputs);
    return results;
  }
  std::vector<ValueId> values;
  for (const Operand& input : inputs) values.push_back(live(input));
  Node node;
  node.name = unique(name);
  node.op = std::move(op);
  node.inputs = std::move(values);
  node.where = {file_.string(), 0};
  for (const auto& [slot, tensor] : params) {
    node.params.emplace_back(slot, add_param(node.name + "." + std::string(slot_name(slot)), tensor));
  }
  const NodeId id = graph_.add_node(std::move(node), signature.outputs.size());
  types_.insert(types_.end(), signature.outputs.begin(), signature.outputs.end());
  std::vector<Operand> results;
  for (const ValueId value : graph_.node(id).outputs) results.push_back({value, std::nullopt});
  return results;
}

/// Bodies are looked through whenever they are written out.
static std::int64_t steps_to_look_through(const google::protobuf::Message& body) {
  constexpr std::int64_t steps_per_byte = 8;
  return steps_per_byte * static_cast<std::int64_t>(body.ByteSizeLong());
}

void Importer::take_node(const onnx::NodeProto& node) {
  constexpr std::int64_t steps_per_node = 4096;
  known_.spend(steps_per_node);
  if (++taken_ > limits_.graph.max_nodes) {
    fail_input("more than {} nodes, with loops and functions written out", limits_.graph.max_nodes);
  }
  if (reads_carried(node)) return carry(node, reason_against(*this, node).value_or(""));
  const auto failure = failure_of([&] { translate(*this, node, title(node)); });
  if (failure) carry(node, *failure);
}

void Importer::roll_back(const Mark& mark) {
  for (std::size_t n = mark.nodes; n < graph_.nodes.size(); ++n) {
    Node& node = graph_.nodes[n];
    names_.give_back(node.name);
    node = Node{};
  }
  scopes_.inner().forget_after(mark.names);
}

std::vector<Operand> Importer::inlined(const onnx::GraphProto& body, const Definitions& given,
                                       const std::string& prefix) {
  // A few bytes in a file may stand for many thousands of nodes: those of a loop cost more than what is written there.
  constexpr std::int64_t steps_per_node = 16'384;
  known_.spend(steps_to_look_through(body) + steps_per_node * (1 + body.node_size()));
  open({.prefix = prefix, .opset = opset(), .sees_outer = true, .read = names_read(body, output_names(body))}, given);
  if (body.sparse_initializer_size() > 0) fail_input("sparse initializers in a subgraph are not supported");
  for (const onnx::TensorProto& initializer : body.initializer()) {
    define(initializer.name(), {none, known_.stored(initializer)});
  }
  for (const onnx::NodeProto& node : body.node()) take_node(node);
  std::vector<Operand> results;
  for (const std::string& name : output_names(body)) results.push_back(operand(name));
  scopes_.close();
  return results;
}

std::vector<Operand> Importer::inlined(const onnx::FunctionProto& function, const onnx::NodeProto& call,
                                       const Definitions& given, const std::string& prefix) {
  known_.spend(steps_to_look_through(function));
  open({.prefix = prefix, .opset = opset_of(function), .read = names_read(function, function.output())}, given);
  for (const onnx::NodeProto& node : body_of(function, call)) take_node(node);
  std::vector<Operand> results;
  for (const std::string& name : function.output()) results.push_back(operand(name));
  scopes_.close();
  return results;
}

}  // namespace banoff::onnx_import
