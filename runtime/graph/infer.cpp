// Types of a whole graph, and the checks that make it safe to run.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/parameter_shapes.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// The shape of a graph input under the bindings.
TensorType bind(const GraphInput& input, const std::string& name, const Bindings& bindings) {
  TensorType type{input.dtype, {}, false};
  const auto given = bindings.inputs.find(name);
  if (given != bindings.inputs.end() && given->second.rank() != input.dims.size()) {
    fail_input("input '{}': shape {} given, {} dimensions expected", name, given->second.str(), input.dims.size());
  }
  for (std::size_t i = 0; i < input.dims.size(); ++i) {
    const Dim& dim = input.dims[i];
    std::int64_t size = dim.size;
    const auto symbol = bindings.symbols.find(dim.symbol);
    if (!dim.symbol.empty() && symbol != bindings.symbols.end()) size = symbol->second;
    if (given != bindings.inputs.end()) {
      const std::int64_t wanted = given->second[i];
      if (dim.symbol.empty() && wanted != size) {
        fail_input("input '{}': shape {} given, but dimension {} is fixed at {}", name, given->second.str(), i, size);
      }
      size = wanted;
    }
    if (size < 1)
      fail_input("input '{}': dimension '{}' has no size; give one with --shape {}=…", name, dim.symbol, dim.symbol);
    if (dim.bounded && size > dim.size)
      fail_input("input '{}': {} is beyond the bound {}<={}", name, size, dim.symbol, dim.size);
    if (dim.bounded && i != 0) fail_input("input '{}': only dimension 0 can be bounded", name);
    type.bounded = type.bounded || dim.bounded;
    type.shape.push_back(size);
  }
  return type;
}

/// One symbol, one size: `seen` remembers what each symbol stood for.
void check_symbols(const GraphInput& input, const std::string& name, const Shape& shape,
                   std::map<std::string, std::int64_t>& seen) {
  for (std::size_t i = 0; i < input.dims.size(); ++i) {
    const std::string& symbol = input.dims[i].symbol;
    if (symbol.empty()) continue;
    const auto [entry, added] = seen.emplace(symbol, shape[i]);
    if (!added && entry->second != shape[i]) {
      fail_input("input '{}': {} is {} here and {} elsewhere", name, symbol, shape[i], entry->second);
    }
  }
}

/// Each size for itself too: beside a 0 it could be any number.
void check_size(const TensorType& type, const Limits& limits) {
  const auto too_large = [&](std::int64_t size) { return size > limits.max_elements; };
  if (too_large(type.shape.elements()) || std::ranges::any_of(type.shape, too_large)) {
    fail_input("{} is larger than the limit of {} elements", type.str(), limits.max_elements);
  }
}

/// Reads the elements where they lie: a copy of all in double could be the largest thing in memory.
void check_finite(const std::string& name, Slot slot, const Tensor& tensor) {
  if (slot == Slot::value) return;  // constants are whatever a network computes with
  const bool may_be_infinite = slot == Slot::lower || slot == Slot::upper;  // an infinite bound is none
  const std::int64_t count = tensor.elements();
  visit_dtype(tensor.dtype(), [&]<class T>(T stored) {
    for (std::int64_t i = 0; i < count; ++i) {
      std::memcpy(&stored, tensor.data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
      const auto value = cast_element<double>(stored);
      if (!std::isfinite(value) && !(may_be_infinite && std::isinf(value)))
        fail_input("{}[{}] is {}, expected a finite number", name, i, value);
      if (slot == Slot::var && value < 0) fail_input("{}[{}] is {}, a variance cannot be negative", name, i, value);
    }
  });
}

void check_bounds(const Tensor& lower, const Tensor& upper) {
  const std::vector<double> low = lower.to_vector<double>();
  const std::vector<double> high = upper.to_vector<double>();
  for (std::size_t i = 0; i < low.size(); ++i) {
    if (low[i] > high[i]) fail_input("lower[{}] is {}, which is above upper[{}] = {}", i, low[i], i, high[i]);
  }
}

/// How many channels (of a dense layer: numbers in the last dimension) a parameter of another shape than `spec` says is
/// made for; nothing where it is wrong otherwise.
std::optional<std::int64_t> channels_for(const Node& node, const ParamSpec& spec, const Shape& given) {
  const Shape& wanted = spec.shape;
  if (given.rank() != wanted.rank()) return std::nullopt;
  if (node.as<BatchNorm>() != nullptr) return given[0];
  if (node.as<Dense>() != nullptr && spec.slot == Slot::weight && given[0] == wanted[0]) return given[1];
  const auto* conv = node.as<Conv>();
  if (conv == nullptr || conv->groups == 0 || spec.slot != Slot::weight || given[0] != wanted[0]) return std::nullopt;
  if (!std::equal(given.begin() + 2, given.end(), wanted.begin() + 2)) return std::nullopt;
  return given[1] * conv->groups;
}

[[noreturn]] void fail_shape(const Graph& graph, const Node& node, const ParamSpec& spec, const Shape& given,
                             const std::vector<TensorType>& types) {
  const std::string plain = fmt::format("{} is {}, expected {}", slot_name(spec.slot), given.str(), spec.shape.str());
  const std::optional<std::int64_t> channels = channels_for(node, spec, given);
  if (!channels) fail_input("{}", plain);
  const ValueId from = node.inputs[0];
  const bool is_input = std::ranges::find(graph.inputs, from, &GraphInput::value) != graph.inputs.end();
  const Shape& shape = types[index(from)].shape;
  const bool dense = node.as<Dense>() != nullptr;
  fail_input("{}'{}' has {} {}, expected {} ({})", is_input ? "input " : "", graph.value(from).name,
             dense ? shape.back() : shape[1], dense ? "numbers in its last dimension" : "channels", *channels, plain);
}

void check_shapes(const Graph& graph, const Node& node, const Signature& expected,
                  const std::vector<TensorType>& types) {
  for (const ParamSpec& spec : expected.params) {
    const Tensor* tensor = graph.param(node, spec.slot);
    if (tensor == nullptr || !*tensor) fail_input("{} is missing", slot_name(spec.slot));
    if (!has_shape(node, spec, *tensor)) fail_shape(graph, node, spec, tensor->shape(), types);
  }
}

void check_params(const Graph& graph, const Node& node, const Signature& expected,
                  const std::vector<TensorType>& types) {
  check_shapes(graph, node, expected, types);
  for (const ParamSpec& spec : expected.params) {
    const Tensor* tensor = graph.param(node, spec.slot);
    if (!may_be_stored_as(node, tensor->dtype()))
      fail_input("{} is {}, expected {}", slot_name(spec.slot), name_of(tensor->dtype()), stored_type(node));
    check_finite(std::string(slot_name(spec.slot)), spec.slot, *tensor);
  }
  if (has_weight_scale(node.op))
    (void)grid_numbers(*graph.param(node, Slot::weight), *graph.param(node, Slot::weight_scale));
  const auto* clamp = node.as<Clamp>();
  if (clamp != nullptr && clamp->lower && clamp->upper) {
    check_bounds(*graph.param(node, Slot::lower), *graph.param(node, Slot::upper));
  }
  for (const auto& [slot, id] : node.params) {
    const auto wanted = [&, s = slot](const ParamSpec& spec) { return spec.slot == s; };
    if (std::ranges::none_of(expected.params, wanted)) fail_input("has a {} that it does not use", slot_name(slot));
  }
}

/// Runs `body` so that a bad_input it throws is told as being about `node`.
template <class F>
auto about(const Node& node, F&& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(error.kind(), describe(node, error.what()));
  }
}

std::vector<TensorType> input_types(const Node& node, const std::vector<TensorType>& types) {
  std::vector<TensorType> result;
  for (const ValueId input : node.inputs) result.push_back(types[index(input)]);
  return result;
}

}  // namespace

bool has_shape(const Node& node, const ParamSpec& spec, const Tensor& tensor) {
  return tensor.shape() == spec.shape || (*facts_of(node.op).one_for_all == spec.slot && tensor.shape() == Shape{1});
}

bool may_be_stored_as(const Node& node, DType type) {
  const auto* constant = node.as<Constant>();
  return constant == nullptr || is_float(constant->type) ? is_float(type) : type == constant->type;
}

std::string_view stored_type(const Node& node) {
  const auto* constant = node.as<Constant>();
  return constant == nullptr || is_float(constant->type) ? "a float type" : name_of(constant->type);
}

Signature signature(const Op& op, InputTypes inputs) {
  const Arity arity = facts_of(op).inputs;
  if (inputs.size() < arity.min || inputs.size() > arity.max) {
    const std::string expected = arity.min == arity.max    ? fmt::format("{}", arity.min)
                                 : arity.max == any_number ? fmt::format("{} or more", arity.min)
                                                           : fmt::format("{} to {}", arity.min, arity.max);
    fail_input("{} inputs, expected {}", inputs.size(), expected);
  }
  return std::visit([&](const auto& alternative) { return signature(alternative, inputs); }, op);
}

std::vector<TensorType> infer_types(const Graph& graph, const Bindings& bindings, const Limits& limits) {
  if (graph.nodes.size() > limits.max_nodes)
    fail_input("{} nodes, the limit is {}", graph.nodes.size(), limits.max_nodes);
  std::vector<TensorType> types(graph.values.size());
  std::map<std::string, std::int64_t> symbols;
  for (const GraphInput& input : graph.inputs) {
    const std::string& name = graph.value(input.value).name;
    TensorType& type = types[index(input.value)];
    type = bind(input, name, bindings);
    check_symbols(input, name, type.shape, symbols);
    check_size(type, limits);
  }
  for (const Node& node : graph.live()) {
    about(node, [&] {
      const Signature result = signature(node.op, input_types(node, types));
      if (result.outputs.size() != node.outputs.size()) {
        fail_input("has {} outputs, {} expected", node.outputs.size(), result.outputs.size());
      }
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        check_size(result.outputs[i], limits);
        types[index(node.outputs[i])] = result.outputs[i];
      }
      return 0;
    });
  }
  return types;
}

void check_parameter_shapes(const Graph& graph, const std::vector<TensorType>& types) {
  for (const Node& node : graph.live()) {
    about(node, [&] {
      check_shapes(graph, node, signature(node.op, input_types(node, types)), types);
      return 0;
    });
  }
}

void verify(const Graph& graph, const std::vector<TensorType>& types) {
  std::set<std::string_view> names;
  std::vector<bool> defined(graph.values.size(), false);
  for (const GraphInput& input : graph.inputs) {
    if (!names.insert(graph.value(input.value).name).second)
      fail_input("two inputs called '{}'", graph.value(input.value).name);
    defined[index(input.value)] = true;
  }
  for (const Node& node : graph.live()) {
    about(node, [&] {
      if (!names.insert(node.name).second) fail_input("the name is used twice");
      for (const ValueId input : node.inputs) {
        if (!defined[index(input)]) fail_input("reads '{}' before it is computed (a cycle?)", graph.value(input).name);
      }
      for (const ValueId output : node.outputs) defined[index(output)] = true;
      check_params(graph, node, signature(node.op, input_types(node, types)), types);
      return 0;
    });
  }
  if (graph.outputs.empty()) fail_input("the network has no output");
  for (const GraphOutput& output : graph.outputs) {
    if (!defined[index(output.value)]) fail_input("output '{}' is never computed", output.name);
  }
}

}  // namespace banoff
