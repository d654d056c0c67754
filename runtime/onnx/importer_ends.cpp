// What a network begins and ends with: inputs, initializers, outputs.
#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/onnx/importer.hpp"
#include "runtime/onnx/names.hpp"
#include "runtime/onnx/tensor.hpp"

namespace banoff::onnx_import {

namespace {

template <class Sizes>
onnx::TypeProto type_of_stored(std::int32_t element_type, const Sizes& sizes) {
  onnx::TypeProto proto;
  onnx::TypeProto::Tensor& type = *proto.mutable_tensor_type();
  type.set_elem_type(element_type);
  for (const std::int64_t size : sizes) type.mutable_shape()->add_dim()->set_dim_value(size);
  return proto;
}

}  // namespace

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
    names_.take(input.name);
    types_.push_back(type);
    define(input.name, {value, std::nullopt});
    if (input.has_default) take_default(input);
  }
  take_carried_inputs();
}

void Importer::take_default(const FileInput& input) {
  const auto found = std::ranges::find(given_.initializers, input.name, &std::pair<std::string, Known>::first);
  if (found == given_.initializers.end()) fail_internal("input '{}' has no default", input.name);
  const Known& value = found->second;
  if (value.dtype() != input.dtype) {
    fail_input("input '{}' is {}, its default {}", input.name, name_of(input.dtype), name_of(value.dtype()));
  }
  if (value.elements() == 0) fail_input("input '{}': tensors without elements are not supported", input.name);
  graph_.inputs.back().default_value = value;
  defaults_.emplace(graph_.inputs.back().value, *found);
}

void Importer::take_carried_inputs() {
  std::set<std::string_view> constants;
  for (const auto& initializer : given_.initializers) constants.insert(initializer.first);
  for (const onnx::ValueInfoProto& info : source_.input()) {
    if (constants.contains(info.name())) continue;
    const std::string why =
        why_carried(info, std::ranges::find(inputs_, info.name(), &FileInput::name) != inputs_.end());
    if (why.empty()) continue;
    check_name(info.name(), "input");
    CarriedInput input{info, {}};
    for (const onnx::TensorProto& initializer : given_.foreign_initializers) {
      if (initializer.name() == info.name()) input.default_value.push_back(initializer);
    }
    auto carried = std::make_shared<Carried>("input", why, std::move(input));
    carried->types.push_back(info.type());
    define(info.name(), {carry_alone(info.name(), std::move(carried)), std::nullopt});
  }
}

void Importer::take_initializers() {
  const auto is_input = [&](const std::string& name) { return scopes_.find(name) != nullptr; };
  for (const auto& [name, tensor] : given_.initializers) {
    if (!is_input(name)) define(name, {none, tensor});
  }
  for (const onnx::TensorProto& initializer : given_.foreign_initializers) {
    if (is_input(initializer.name())) continue;
    auto carried = std::make_shared<Carried>("Constant", "", initializer);
    carried->types.push_back(type_of_stored(initializer.data_type(), initializer.dims()));
    define(initializer.name(), {carry_alone(initializer.name(), std::move(carried)), std::nullopt});
  }
  for (const onnx::SparseTensorProto& initializer : given_.sparse_initializers) {
    const std::string& name = initializer.values().name();
    auto carried = std::make_shared<Carried>("Constant", "sparse tensors are not supported", initializer);
    carried->types.push_back(type_of_stored(initializer.values().data_type(), initializer.dims()));
    define(name, {carry_alone(name, std::move(carried)), std::nullopt});
  }
}

void Importer::take_outputs() {
  if (source_.output_size() == 0) fail_input("the network has no output");
  for (const onnx::ValueInfoProto& output : source_.output()) {
    check_name(output.name(), "output");
    graph_.add_output(output.name(), live(operand(output.name())));
  }
}

/// What no output needs, which may be what could not be run. Inputs of the model stay.
void Importer::drop_unread() {
  std::vector<bool> needed(graph_.values.size());
  for (const GraphOutput& output : graph_.outputs) needed[static_cast<std::size_t>(output.value)] = true;
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    const auto* opaque = node->as<Opaque>();
    const bool is_input =
        opaque != nullptr && std::holds_alternative<CarriedInput>(dynamic_cast<const Carried&>(*opaque->foreign).what);
    const auto is_needed = [&](ValueId value) { return needed[static_cast<std::size_t>(value)]; };
    if (is_input || std::ranges::any_of(node->outputs, is_needed)) {
      for (const ValueId input : node->inputs) needed[static_cast<std::size_t>(input)] = true;
    } else {
      node->outputs.clear(), node->inputs.clear(), node->params.clear();
    }
  }
}

}  // namespace banoff::onnx_import
