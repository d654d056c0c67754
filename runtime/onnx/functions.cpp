#include "runtime/onnx/functions.hpp"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <vector>

#include "runtime/onnx/source.hpp"
#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

using Attribute = onnx::AttributeProto;

/// Attributes that have a default. ONNX 1.13 added them to the message of functions; an older schema keeps what it does
/// not know.
std::vector<Attribute> defaults_of(const onnx::FunctionProto& function) {
  constexpr int attribute_proto = 11;
  std::vector<Attribute> defaults;
  const google::protobuf::Message& message = function;
  const auto* known = message.GetDescriptor()->FindFieldByNumber(attribute_proto);
  const auto* reflection = message.GetReflection();
  if (known != nullptr) {
    for (int i = 0; i < reflection->FieldSize(message, known); ++i) {
      defaults.emplace_back().CopyFrom(reflection->GetRepeatedMessage(message, known, i));
    }
    return defaults;
  }
  const google::protobuf::UnknownFieldSet& unknown = reflection->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    const google::protobuf::UnknownField& field = unknown.field(i);
    if (field.number() != attribute_proto || field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
      continue;
    if (!defaults.emplace_back().ParseFromString(field.length_delimited())) defaults.pop_back();
  }
  return defaults;
}

template <class List>
const Attribute* named(const List& attributes, const std::string& name) {
  const auto found = std::ranges::find(attributes, name, [](const Attribute& each) { return each.name(); });
  return found == attributes.end() ? nullptr : &*found;
}

void put_in(onnx::NodeProto& node, const google::protobuf::RepeatedPtrField<Attribute>& given,
            const std::vector<Attribute>& defaults) {
  google::protobuf::RepeatedPtrField<Attribute> result;
  for (Attribute& attribute : *node.mutable_attribute()) {
    const std::string& from = attribute.ref_attr_name();
    const Attribute* value = from.empty() ? &attribute : named(given, from);
    if (value == nullptr) value = named(defaults, from);
    if (value == nullptr) continue;
    Attribute& added = *result.Add();
    added = *value;
    added.set_name(attribute.name());
    const auto inside = [&](onnx::GraphProto& graph) {
      for (onnx::NodeProto& inner : *graph.mutable_node()) put_in(inner, given, defaults);
    };
    if (!from.empty()) continue;  // a graph that the caller gives has the caller's attributes
    if (added.has_g()) inside(*added.mutable_g());
    for (onnx::GraphProto& graph : *added.mutable_graphs()) inside(graph);
  }
  node.mutable_attribute()->Swap(&result);
}

/// The body in place of the call.
void inline_call(Call& call, const onnx::FunctionProto& function) {
  if (static_cast<int>(call.inputs()) > function.input_size()) {
    fail_input("{} inputs, the function '{}' has {}", call.inputs(), function.name(), function.input_size());
  }
  Definitions given;
  for (int i = 0; i < function.input_size(); ++i) {
    if (call.has(static_cast<std::size_t>(i)))
      given.emplace_back(function.input(i), call.in(static_cast<std::size_t>(i)));
  }
  const auto results = call.importer().inlined(function, call.node(), given, call.name() + "/");
  // The file may say more of the call than can be told of the body: then it is carried whole.
  for (const Operand& result : results) {
    if (const auto why = call.importer().why_no_tensor(result)) fail_input("{}{}", in_its_body, *why);
  }
  for (std::size_t i = 0; i < results.size(); ++i) call.result(i, results[i]);
}

}  // namespace

const onnx::FunctionProto* function_of(const onnx::ModelProto& model, const onnx::NodeProto& node) {
  const onnx::FunctionProto* found = nullptr;
  for (const onnx::FunctionProto& function : model.functions()) {
    if (function.name() != node.op_type() || function.domain() != node.domain()) continue;
    if (found != nullptr) return nullptr;  // told apart by what this reader does not know of
    found = &function;
  }
  return found;
}

std::vector<onnx::NodeProto> body_of(const onnx::FunctionProto& function, const onnx::NodeProto& call) {
  const std::vector<Attribute> defaults = defaults_of(function);
  std::vector<onnx::NodeProto> body(function.node().begin(), function.node().end());
  for (onnx::NodeProto& node : body) put_in(node, call.attribute(), defaults);
  return body;
}

bool translate_function(Call& call) {
  const onnx::FunctionProto* function = function_of(call.importer().model(), call.node());
  if (function == nullptr) return false;
  inline_call(call, *function);
  return true;
}

}  // namespace banoff::onnx_import
