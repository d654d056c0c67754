#include "runtime/onnx/attributes.hpp"

#include "runtime/core/fail.hpp"

namespace banoff::onnx_import {

using onnx::AttributeProto;

const AttributeProto* Attributes::find(std::string_view name) {
  known_.emplace(name);
  for (const AttributeProto& attribute : node_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

const AttributeProto* Attributes::find(std::string_view name, AttributeProto::AttributeType type) {
  const AttributeProto* found = find(name);
  if (found && found->type() != type) fail_input("attribute {} is of another type than {}", name, int{type});
  return found;
}

std::optional<std::int64_t> Attributes::integer(std::string_view name) {
  const AttributeProto* found = find(name, AttributeProto::INT);
  return found ? std::optional(found->i()) : std::nullopt;
}

std::int64_t Attributes::integer(std::string_view name, std::int64_t standard) {
  return integer(name).value_or(standard);
}

double Attributes::real(std::string_view name, double standard) {
  const AttributeProto* found = find(name, AttributeProto::FLOAT);
  return found ? found->f() : standard;
}

std::string Attributes::text(std::string_view name, std::string_view standard) {
  const AttributeProto* found = find(name, AttributeProto::STRING);
  return found ? found->s() : std::string(standard);
}

std::optional<Ints> Attributes::integers(std::string_view name) {
  const AttributeProto* found = find(name, AttributeProto::INTS);
  return found ? std::optional(Ints(found->ints().begin(), found->ints().end())) : std::nullopt;
}

std::optional<std::vector<double>> Attributes::reals(std::string_view name) {
  const AttributeProto* found = find(name, AttributeProto::FLOATS);
  return found ? std::optional(std::vector<double>(found->floats().begin(), found->floats().end())) : std::nullopt;
}

std::optional<std::vector<std::string>> Attributes::texts(std::string_view name) {
  const AttributeProto* found = find(name, AttributeProto::STRINGS);
  return found ? std::optional(std::vector<std::string>(found->strings().begin(), found->strings().end()))
               : std::nullopt;
}

const onnx::TensorProto* Attributes::tensor(std::string_view name) {
  const AttributeProto* found = find(name, AttributeProto::TENSOR);
  return found ? &found->t() : nullptr;
}

const onnx::GraphProto& Attributes::graph(std::string_view name) {
  const AttributeProto* found = find(name, AttributeProto::GRAPH);
  if (found == nullptr) fail_input("attribute {} is missing", name);
  return found->g();
}

void Attributes::require(std::string_view name, std::int64_t value) {
  const std::int64_t given = integer(name, value);
  if (given != value) fail_input("{} = {} is not supported, only {}", name, given, value);
}

void Attributes::finish() const {
  for (const AttributeProto& attribute : node_.attribute()) {
    if (!known_.contains(attribute.name())) fail_input("attribute {} is not supported", attribute.name());
  }
}

}  // namespace banoff::onnx_import
