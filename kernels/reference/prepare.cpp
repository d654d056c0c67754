#include "kernels/reference/prepare.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"

namespace banoff::reference {

namespace {

template <class T>
std::vector<TensorType> as_held(std::span<const TensorType> types) {
  std::vector<TensorType> result(types.begin(), types.end());
  for (TensorType& type : result) type.dtype = held<T>(type.dtype);
  return result;
}

void check_types(const Op& op, std::span<const TensorType> inputs) {
  const bool any = facts_of(op).elements == Elements::any;
  for (const TensorType& type : inputs) {
    if (!any && !is_float(type.dtype)) fail_input("input is {}, expected a float type", type.str());
  }
  const Pad* pad = std::get_if<Pad>(&op);
  if (pad != nullptr && pad->pad_value && !is_float(inputs[0].dtype)) {
    fail_input("pad_value pads float types only, the input is {}", inputs[0].str());
  }
}

/// Whatever the kernel is going to read is there and as large as it expects. Returns the parameters' elements.
std::int64_t check_params(const Graph& graph, const Node& node, const Signature& expected) {
  std::int64_t elements = 0;
  for (const ParamSpec& spec : expected.params) {
    const Tensor* tensor = graph.param(node, spec.slot);
    if (tensor == nullptr || !*tensor) fail_input("{} is missing", slot_name(spec.slot));
    if (!has_shape(node, spec, *tensor)) {
      fail_input("{} is {}, expected {}", slot_name(spec.slot), tensor->shape().str(), spec.shape.str());
    }
    elements += tensor->elements();
  }
  return elements;
}

template <class T>
Prepared prepare_checked(const Graph& graph, const Node& node, std::span<const TensorType> inputs) {
  const Signature expected = signature(node.op, inputs);
  check_types(node.op, inputs);
  Prepared prepared;
  prepared.inputs = as_held<T>(inputs);
  prepared.outputs = as_held<T>(expected.outputs);
  prepared.weight_bytes = static_cast<std::size_t>(check_params(graph, node, expected)) * sizeof(T);
  Context<T> context{graph, node, prepared.inputs, prepared.outputs};
  prepared.body = std::visit([&](const auto& op) { return reference(op, context); }, node.op);
  prepared.scratch_bytes = context.scratch_bytes;
  return prepared;
}

}  // namespace

template <class T>
Prepared prepare(const Graph& graph, const Node& node, std::span<const TensorType> inputs) {
  try {
    return prepare_checked<T>(graph, node, inputs);
  } catch (const Error& error) {
    throw Error(error.kind(), describe(node, error.what()));
  }
}
template Prepared prepare<float>(const Graph&, const Node&, std::span<const TensorType>);
template Prepared prepare<double>(const Graph&, const Node&, std::span<const TensorType>);

void Prepared::run(const KernelArgs& args) const {
  // A bounded output has as many rows as the first bounded input; rows behind them are computed like any other.
  const auto bounded = std::ranges::find(inputs, true, &TensorType::bounded);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Shape& shape = outputs[i].shape;
    std::int64_t count = shape.rank() == 0 ? 1 : shape[0];
    if (outputs[i].bounded && bounded != inputs.end()) {
      count = args.input_counts[static_cast<std::size_t>(bounded - inputs.begin())];
    }
    args.output_counts[i] = count;
  }
  body(args);
}

}  // namespace banoff::reference
