// The reference as functions: one node, or a whole graph.
#include <algorithm>
#include <cstring>

#include "kernels/reference/prepare.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::reference {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// A value while a graph runs. A bounded one has its capacity's shape, of which the first `count` rows count.
struct Held {
  Tensor tensor;
  std::int64_t count = 0;
};

std::int64_t rows(const Shape& shape) { return shape.rank() == 0 ? 1 : shape[0]; }

/// The tensor as kernels of T read it: floats as T, and aligned, which a tensor in a mapped file need not be.
Tensor readable(const Tensor& tensor, DType type) {
  const Tensor converted = tensor.as(type);
  if (reinterpret_cast<std::uintptr_t>(converted.data()) % size_of(type) == 0) return converted;
  auto [copy, data] = Tensor::allocate(type, converted.shape());
  std::memcpy(data, converted.data(), converted.bytes());
  return copy;
}

std::vector<Held> execute(const Prepared& node, const std::vector<Held>& inputs) {
  std::vector<Held> outputs;
  std::vector<const std::byte*> in;
  std::vector<std::byte*> out;
  std::vector<std::int64_t> in_counts;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    in.push_back(inputs[i].tensor.data());
    in_counts.push_back(inputs[i].count);
  }
  for (const TensorType& type : node.outputs) {
    auto [tensor, data] = Tensor::allocate(type.dtype, type.shape);
    outputs.push_back({tensor, 0});
    out.push_back(data);
  }
  std::vector<std::int64_t> out_counts(out.size());
  std::vector<std::max_align_t> scratch(node.scratch_bytes / sizeof(std::max_align_t) + 1);
  node.run({in, out, in_counts, out_counts, reinterpret_cast<std::byte*>(scratch.data())});
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i].count = out_counts[i];
  return outputs;
}

/// `tensor` with `size` rows: fewer are cut off, more are zero.
Tensor with_rows(const Tensor& tensor, std::int64_t size) {
  if (rows(tensor.shape()) == size) return tensor;
  Shape shape = tensor.shape();
  shape[0] = size;
  auto [result, data] = Tensor::allocate(tensor.dtype(), shape);
  if (tensor.data() != nullptr) std::memcpy(data, tensor.data(), std::min(result.bytes(), tensor.bytes()));
  return result;
}

const Tensor& given(const GraphInput& input, const std::string& name, const std::map<std::string, Tensor>& inputs) {
  const auto found = inputs.find(name);
  if (found != inputs.end() && found->second) return found->second;
  if (!input.default_value) fail_input("input '{}' is missing", name);
  return input.default_value;
}

/// Sizes of symbolic dimensions as the given tensors have them. A bounded one keeps its capacity.
Bindings bindings_from(const Graph& graph, const std::map<std::string, Tensor>& inputs) {
  Bindings bindings;
  for (const GraphInput& input : graph.inputs) {
    const std::string& name = graph.value(input.value).name;
    const Shape& shape = given(input, name, inputs).shape();
    if (shape.rank() != input.dims.size()) {
      fail_input("input '{}' is {}, expected {} dimensions", name, shape.str(), input.dims.size());
    }
    for (std::size_t d = 0; d < shape.rank(); ++d) {
      const Dim& dim = input.dims[d];
      if (!dim.symbol.empty() && !dim.bounded) bindings.symbols.emplace(dim.symbol, shape[d]);
    }
  }
  return bindings;
}

template <class T>
Held take_input(const std::string& name, const Tensor& tensor, DType as_graph, const TensorType& type) {
  Shape expected = type.shape;
  const std::int64_t count = rows(tensor.shape());
  if (type.bounded && count <= rows(expected)) expected[0] = count;
  if (tensor.shape() != expected) fail_input("input '{}' is {}, expected {}", name, tensor.shape().str(), type.str());
  const Tensor converted = readable(tensor.as(as_graph), held<T>(as_graph));
  return {with_rows(converted, rows(type.shape)), count};
}

}  // namespace

template <class T>
std::vector<Tensor> compute(const Graph& graph, const Node& node, const std::vector<Tensor>& inputs) {
  std::vector<Held> in;
  std::vector<TensorType> types;
  for (const Tensor& tensor : inputs) {
    const DType type = held<T>(tensor.dtype());
    in.push_back({readable(tensor, type), rows(tensor.shape())});
    types.push_back({type, tensor.shape(), false});
  }
  std::vector<Tensor> result;
  const Prepared prepared = prepare<T>(graph, node, types);
  const std::vector<Held> outputs = execute(prepared, in);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const bool bounded = prepared.outputs[i].bounded;
    result.push_back(bounded ? with_rows(outputs[i].tensor, outputs[i].count) : outputs[i].tensor);
  }
  return result;
}

template <class T>
std::map<ValueId, Tensor> run(const Graph& graph, const std::map<std::string, Tensor>& inputs,
                              const std::function<bool(ValueId)>& keep) {
  const std::vector<TensorType> types = infer_types(graph, bindings_from(graph, inputs));
  std::vector<Held> values(types.size());
  std::vector<std::int64_t> uses(types.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const ValueId input : node.inputs) ++uses[index(input)];
  }
  std::map<ValueId, Tensor> kept;
  // Takes over a value just computed; one that nobody reads (any more) lives on only if it is kept.
  const auto settle = [&](ValueId id, Held value) {
    if (keep ? keep(id) : graph.is_output(id)) {
      kept[id] = types[index(id)].bounded ? with_rows(value.tensor, value.count) : value.tensor;
    }
    if (uses[index(id)] > 0) values[index(id)] = std::move(value);
  };
  for (const GraphInput& input : graph.inputs) {
    const std::string& name = graph.value(input.value).name;
    settle(input.value, take_input<T>(name, given(input, name, inputs), input.dtype, types[index(input.value)]));
  }
  for (const auto& [name, tensor] : inputs) {
    const auto called = [&, wanted = name](const GraphInput& i) { return graph.value(i.value).name == wanted; };
    if (std::ranges::none_of(graph.inputs, called)) fail_input("there is no input '{}'", name);
  }
  for (const Node& node : graph.live()) {
    std::vector<Held> in;
    std::vector<TensorType> in_types;
    for (const ValueId input : node.inputs) {
      in.push_back(values[index(input)]);
      in_types.push_back(types[index(input)]);
    }
    std::vector<Held> out = execute(prepare<T>(graph, node, in_types), in);
    for (const ValueId input : node.inputs) {
      if (--uses[index(input)] == 0) values[index(input)] = {};
    }
    for (std::size_t i = 0; i < out.size(); ++i) settle(node.outputs[i], std::move(out[i]));
  }
  return kept;
}

template <class T>
std::map<std::string, Tensor> outputs(const Graph& graph, const std::map<std::string, Tensor>& inputs) {
  const std::map<ValueId, Tensor> values = run<T>(graph, inputs);
  std::map<std::string, Tensor> result;
  for (const GraphOutput& output : graph.outputs) result[output.name] = values.at(output.value);
  return result;
}

#define BANOFF_RUN(T)                                                                             \
  template std::vector<Tensor> compute<T>(const Graph&, const Node&, const std::vector<Tensor>&); \
  template std::map<ValueId, Tensor> run<T>(const Graph&, const std::map<std::string, Tensor>&,   \
                                            const std::function<bool(ValueId)>&);                 \
  template std::map<std::string, Tensor> outputs<T>(const Graph&, const std::map<std::string, Tensor>&);
BANOFF_RUN(float)
BANOFF_RUN(double)
#undef BANOFF_RUN

}  // namespace banoff::reference
