#include "runtime/onnx/importer.hpp"

#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/onnx/batch.hpp"
#include "runtime/onnx/model_file.hpp"
#include "runtime/onnx/patterns.hpp"
#include "runtime/onnx/tensor.hpp"
#include "runtime/onnx/translate.hpp"
#include "runtime/onnx/transposes.hpp"

namespace banoff::onnx_import {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// Where constants depend on the batch, the network is one for this batch.
void fix_batch(Graph& graph) {
  if (types_of_larger_batch(graph, infer_types(graph))) return;
  for (GraphInput& input : graph.inputs) {
    for (Dim& dim : input.dims) dim.symbol.clear();
  }
}

/// What people may see of a name from a file: ours have 1 to 1000 printable characters.
std::string printable(std::string name) {
  if (name.size() > 900) name.resize(900);
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
  }
  return name;
}

std::string title(const onnx::NodeProto& node) {
  if (!node.name().empty()) return printable(node.name());
  return printable(node.output_size() > 0 && !node.output(0).empty() ? node.output(0) : node.op_type());
}

}  // namespace

Importer::Importer(const onnx::ModelProto& model, const std::filesystem::path& file, const NodeExecutor& evaluate,
                   const Bindings& bindings, const LoadLimits& limits)
    : source_(model.graph()),
      file_(file),
      evaluate_(evaluate),
      bindings_(bindings),
      limits_(limits),
      opset_(opset_of(model)),
      known_(file, limits.max_computed_bytes) {
  graph_.name = file.stem().string();
  for (const onnx::NodeProto& node : source_.node()) read_.insert(node.input().begin(), node.input().end());
  for (const onnx::ValueInfoProto& output : source_.output()) read_.insert(output.name());
}

LoadedModel Importer::run() {
  if (static_cast<std::size_t>(source_.node_size()) > limits_.graph.max_nodes) {
    fail_input("{} nodes, the limit is {}", source_.node_size(), limits_.graph.max_nodes);
  }
  take_initializers();
  take_inputs();
  for (const onnx::NodeProto& node : source_.node()) take_node(node);
  if (!failures_.empty()) report();
  take_outputs();
  LoadedModel result;
  result.graph = with_patterns(without_transposes(graph_, known_), known_);
  fix_batch(result.graph);
  result.manifest.file = file_;
  result.manifest.weights = file_;
  return result;
}

void Importer::take_initializers() {
  if (source_.sparse_initializer_size() > 0) fail_input("sparse initializers are not supported");
  for (const onnx::TensorProto& initializer : source_.initializer()) {
    define(initializer.name(), {none, known_.stored(initializer)});
  }
}

/// A first dimension without a size is the batch: it keeps its symbol, with what was given for it or 1.
Dim Importer::dim_of(const onnx::TensorShapeProto::Dimension& dim, const std::string& input, int axis) const {
  if (dim.has_dim_value() && dim.dim_value() > 0) return {dim.dim_value(), "", false};
  if (dim.has_dim_value() && dim.dim_value() == 0)
    fail_input("input '{}': tensors without elements are not supported", input);
  const auto given = bindings_.symbols.find(dim.dim_param());
  const bool named = !dim.dim_param().empty() && given != bindings_.symbols.end();
  if (axis == 0) {
    const auto batch = bindings_.symbols.find("N");
    const std::int64_t size = named ? given->second : batch == bindings_.symbols.end() ? 1 : batch->second;
    return {size, dim.dim_param().empty() ? "N" : printable(dim.dim_param()), false};
  }
  if (named) return {given->second, "", false};
  fail_input("input '{}': dimension {} ({}) has no size; give one with --shape {}", input, axis,
             dim.dim_param().empty() ? "unnamed" : dim.dim_param(),
             dim.dim_param().empty() ? input + ":1x3x224x224" : dim.dim_param() + "=224");
}

std::vector<Dim> Importer::dims_of(const onnx::ValueInfoProto& input) const {
  const auto given = bindings_.inputs.find(input.name());
  std::vector<Dim> dims;
  if (given != bindings_.inputs.end()) {
    const onnx::TypeProto::Tensor& type = input.type().tensor_type();
    if (type.has_shape() && type.shape().dim_size() != static_cast<int>(given->second.rank())) {
      fail_input("input '{}': shape {} given, {} dimensions expected", input.name(), given->second.str(),
                 type.shape().dim_size());
    }
    for (const std::int64_t size : given->second) {
      if (size < 1) fail_input("input '{}': tensors without elements are not supported", input.name());
      dims.push_back({size, "", false});
    }
    return dims;
  }
  if (!input.type().tensor_type().has_shape()) {
    fail_input("input '{}' has no shape; give one with --shape {}:1x3x224x224", input.name(), input.name());
  }
  for (const auto& dim : input.type().tensor_type().shape().dim()) {
    dims.push_back(dim_of(dim, input.name(), static_cast<int>(dims.size())));
  }
  return dims;
}

void Importer::take_inputs() {
  for (const onnx::ValueInfoProto& input : source_.input()) {
    if (operands_.contains(input.name())) continue;  // an initializer that may be replaced: it is not
    if (!input.type().has_tensor_type()) fail_input("input '{}' is no tensor", input.name());
    TensorType type{dtype_of_onnx(input.type().tensor_type().elem_type()), {}, false};
    const std::vector<Dim> dims = dims_of(input);
    for (const Dim& dim : dims) type.shape.push_back(dim.size);
    has_batch_ = has_batch_ || (!dims.empty() && !dims[0].symbol.empty());
    if (type.shape.elements() > limits_.graph.max_elements) {
      fail_input("input '{}': {} is larger than the limit of {} elements", input.name(), type.str(),
                 limits_.graph.max_elements);
    }
    const ValueId value = graph_.add_input(input.name(), type.dtype, dims);
    names_.insert(input.name());
    types_.push_back(type);
    define(input.name(), {value, std::nullopt});
  }
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
  if (std::ranges::any_of(inputs, is_empty) && !std::holds_alternative<Reduce>(op)) return without_elements(signature);
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
