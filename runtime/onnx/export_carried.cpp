// What is carried from the ONNX file that a network came from.
#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/onnx/domain.hpp"
#include "runtime/onnx/exporter.hpp"
#include "runtime/onnx/raise.hpp"

namespace banoff::onnx_export {

namespace {

/// The opset whose operators the forms of `write` are.
constexpr std::int64_t own_opset = 18;

const Carried* carried_in(const Node& node) {
  const auto* opaque = node.as<Opaque>();
  return opaque == nullptr ? nullptr : dynamic_cast<const Carried*>(opaque->foreign.get());
}

/// Grids of 16 bits came with opset 21.
constexpr std::int64_t opset_of_16_bits = 21;
bool is_of_16_bits(DType type) { return type == DType::u16 || type == DType::i16; }
bool is_on_16_bits(const Node& node, DType read, DType made) {
  const auto* put = node.as<FakeQuantize>();
  const bool grids = put != nullptr || node.as<Quantize>() != nullptr || node.as<Dequantize>() != nullptr;
  return grids && (is_of_16_bits(read) || is_of_16_bits(made) || (put != nullptr && is_of_16_bits(put->type)));
}

/// The first opset that has the node's operators for values of that type and so many dimensions.
std::int64_t opset_needed(const Node& node, DType type, std::size_t rank) {
  const auto* pool = node.as<Pool>();
  const bool dilated = pool != nullptr && pool->kind == PoolKind::avg &&
                       std::ranges::any_of(pool->dilation.values, [](std::int64_t step) { return step != 1; });
  // Before opset 20 a grid sampled images of two dimensions alone, under other names.
  const bool volume = node.as<GridSample>() != nullptr && rank != 4;
  if (type == DType::bf16) return 22;
  return volume ? 20 : dilated ? 19 : own_opset;
}

/// The first version of the file format for an opset.
std::int64_t ir_version_of(std::int64_t opset) { return opset >= 23 ? 11 : opset >= 21 ? 10 : opset >= 19 ? 9 : 8; }

}  // namespace

/// Later operators keep the forms that this writer uses; earlier ones of carried nodes are raised.
std::int64_t Exporter::target_opset() const {
  std::int64_t opset = own_opset;
  for (const Node& node : graph_.live()) {
    if (const Carried* carried = carried_in(node)) opset = std::max(opset, carried->opset);
    else {
      const TensorType& made = type(node.outputs[0]);
      opset = std::max(opset, opset_needed(node, made.dtype, made.shape.rank()));
      if (!node.inputs.empty() && is_on_16_bits(node, type(node.inputs[0]).dtype, made.dtype))
        opset = std::max(opset, opset_of_16_bits);
    }
  }
  return opset;
}

void Exporter::name_carried() {
  for (const Node& node : graph_.live()) {
    const Carried* carried = carried_in(node);
    if (carried == nullptr) continue;
    if (const auto* input = std::get_if<CarriedInput>(&carried->what)) {
      names_[static_cast<std::size_t>(node.outputs[0])] = input->info.name();
      taken_.take(input->info.name());
    }
    if (const auto* proto = std::get_if<onnx::NodeProto>(&carried->what)) {
      for_each_inner_name(*proto, [&](const std::string& name) { taken_.take(name); });
    }
  }
}

void Exporter::write_carried(const Carried& carried, const std::vector<std::string>& ins,
                             const std::vector<std::string>& outs) {
  if (const auto* input = std::get_if<CarriedInput>(&carried.what)) {
    *target().add_input() = input->info;
    for (const onnx::TensorProto& value : input->default_value) *target().add_initializer() = value;
  } else if (const auto* tensor = std::get_if<onnx::TensorProto>(&carried.what)) {
    onnx::TensorProto& added = *target().add_initializer() = *tensor;
    added.set_name(outs.at(0));
  } else if (const auto* sparse = std::get_if<onnx::SparseTensorProto>(&carried.what)) {
    onnx::SparseTensorProto& added = *target().add_sparse_initializer() = *sparse;
    added.mutable_values()->set_name(outs.at(0));
  } else {
    onnx::NodeProto node = std::get<onnx::NodeProto>(carried.what);
    std::size_t at = 0;
    for (std::string& name : *node.mutable_input()) {
      if (!name.empty()) name = ins.at(at++);
    }
    std::map<std::string, std::string> renamed;
    for (const std::string& name : carried.captured) renamed.emplace(name, ins.at(at++));
    rename_captured(node, renamed);
    at = 0;
    for (std::string& name : *node.mutable_output()) {
      if (!name.empty()) name = outs.at(at++);
    }
    Raiser raiser(carried.opset, opset_, [this](const std::string& wanted) { return unique(wanted); });
    for (onnx::NodeProto& part : raiser.raised(std::move(node))) *target().add_node() = std::move(part);
  }
}

/// A value of no type that there is here has the type that its node or the file tells.
void Exporter::describe_output(const GraphOutput& output) {
  const NodeId producer = graph_.value(output.value).producer;
  const Carried* carried = producer == none ? nullptr : carried_in(graph_.node(producer));
  onnx::ValueInfoProto& info = *target().add_output();
  if (carried == nullptr) return describe(info, output.name, output.value);
  const Node& node = graph_.node(producer);
  const auto at = static_cast<std::size_t>(std::ranges::find(node.outputs, output.value) - node.outputs.begin());
  if (node.as<Opaque>()->outputs[at].is_tensor) return describe(info, output.name, output.value);
  info.set_name(output.name);
  *info.mutable_type() = carried->types[at];
  const auto& outputs = carried->shell->graph().output();
  const auto found = std::ranges::find(outputs, output.name, [](const auto& each) { return each.name(); });
  if (found != outputs.end()) *info.mutable_type() = found->type();
}

void Exporter::finish_carried() {
  model_.set_ir_version(ir_version_of(opset_));
  const auto first = std::ranges::find_if(
      graph_.nodes, [](const Node& node) { return !node.erased() && carried_in(node) != nullptr; });
  if (first == graph_.nodes.end()) return;
  const onnx::ModelProto& shell = *carried_in(*first)->shell;
  model_.set_ir_version(std::max(model_.ir_version(), shell.ir_version()));
  for (const auto& opset : shell.opset_import()) {
    if (!is_standard(opset.domain())) *model_.add_opset_import() = opset;
  }
  for (const onnx::FunctionProto& function : shell.functions()) *model_.add_functions() = raised(function, opset_);
  const auto place = [&](const onnx::ValueInfoProto& input) {
    return std::ranges::find(shell.graph().input(), input.name(), [](const auto& each) { return each.name(); }) -
           shell.graph().input().begin();
  };
  std::ranges::stable_sort(*target().mutable_input(), {}, place);
}

}  // namespace banoff::onnx_export
