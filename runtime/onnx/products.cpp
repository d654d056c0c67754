#include "runtime/onnx/products.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/dtype.hpp"

namespace banoff::onnx_import {

namespace {
/// Patterns are of numbers and of parameters per channel; what is larger is copied by none of them.
constexpr std::int64_t most_elements = 1 << 20;
}  // namespace

const Node* maker(const Graph& graph, ValueId value) {
  const NodeId id = graph.value(value).producer;
  return id == none ? nullptr : &graph.node(id);
}

const Tensor* constant(const Graph& graph, ValueId value) {
  const Node* node = maker(graph, value);
  if (node == nullptr || node->as<Constant>() == nullptr) return nullptr;
  const Tensor* tensor = graph.param(*node, Slot::value);
  return tensor != nullptr && is_float(tensor->dtype()) && tensor->elements() <= most_elements ? tensor : nullptr;
}

std::optional<double> number(const Graph& graph, ValueId value) {
  const Tensor* tensor = constant(graph, value);
  if (tensor == nullptr || tensor->elements() != 1) return std::nullopt;
  return tensor->to_vector<double>().front();
}

namespace {

/// Exporters write constants in float32, and people round them (1.702, 0.044715, 0.7979).
bool near(double a, double b) { return std::abs(a - b) <= 1e-4 * std::abs(b); }

/// A value as a number times factors.
struct Product {
  double coefficient = 1;
  std::vector<ValueId> factors;
};

/// The value as it is: only a product of its own if `levels` allow it to be taken apart.
Product product_of(const Graph& graph, ValueId value, int levels) {
  const Node* node = levels > 0 ? maker(graph, value) : nullptr;
  if (node == nullptr) return {1, {value}};
  if (const auto* activation = node->as<Activation>()) {
    if (activation->kind != ActivationKind::linear || activation->beta != 0) return {1, {value}};
    Product inner = product_of(graph, node->inputs[0], levels - 1);
    inner.coefficient *= activation->alpha;
    return inner;
  }
  if (const auto* pair = node->as<Pair>()) {
    const auto exponent = number(graph, node->inputs[1]);
    if (pair->kind != PairKind::pow || exponent != 3.0) return {1, {value}};
    return {1, std::vector<ValueId>(3, node->inputs[0])};
  }
  const auto* binary = node->as<Binary>();
  if (binary == nullptr || node->inputs.size() != 2) return {1, {value}};
  if (binary->kind != BinaryKind::mul && binary->kind != BinaryKind::div) return {1, {value}};
  Product whole;
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
    const bool below = binary->kind == BinaryKind::div && at == 1;
    if (const auto value_of = number(graph, node->inputs[at])) {
      whole.coefficient *= below ? 1 / *value_of : *value_of;
      continue;
    }
    if (below) return {1, {value}};
    const Product part = product_of(graph, node->inputs[at], levels - 1);
    whole.coefficient *= part.coefficient;
    whole.factors.insert(whole.factors.end(), part.factors.begin(), part.factors.end());
  }
  return whole;
}

/// What a number is added to, where the value is such a sum.
std::optional<ValueId> shifted_by(const Graph& graph, ValueId value, double shift) {
  const Node* node = maker(graph, value);
  const auto* binary = node ? node->as<Binary>() : nullptr;
  if (binary == nullptr || binary->kind != BinaryKind::add || node->inputs.size() != 2) return std::nullopt;
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
    const auto added = number(graph, node->inputs[1 - at]);
    if (added && near(*added, shift)) return node->inputs[at];
  }
  return std::nullopt;
}

const Activation* activation_at(const Graph& graph, ValueId value, ActivationKind kind) {
  const Node* node = maker(graph, value);
  const auto* op = node ? node->as<Activation>() : nullptr;
  return op != nullptr && op->kind == kind ? op : nullptr;
}

ValueId input_of(const Graph& graph, ValueId value) { return maker(graph, value)->inputs[0]; }

/// Whether the value is min(max(x + 3, 0), 6).
bool is_shifted_relu6(const Graph& graph, ValueId value, ValueId x) {
  const Activation* clip = activation_at(graph, value, ActivationKind::clip);
  return clip != nullptr && clip->alpha == 0 && clip->beta == 6 && shifted_by(graph, input_of(graph, value), 3) == x;
}

/// x of 1 + erf(x / sqrt(2)).
bool is_erf_part(const Graph& graph, ValueId value, ValueId x) {
  const auto inner = shifted_by(graph, value, 1);
  const Node* erf = inner ? maker(graph, *inner) : nullptr;
  const auto* function = erf ? erf->as<Unary>() : nullptr;
  if (function == nullptr || function->kind != UnaryKind::erf) return false;
  const Product scaled = product_of(graph, erf->inputs[0], 1);
  return scaled.factors == std::vector{x} && near(scaled.coefficient, std::sqrt(0.5));
}

/// Whether the value is 1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
bool is_tanh_part(const Graph& graph, ValueId value, ValueId x) {
  const auto inner = shifted_by(graph, value, 1);
  if (!inner || activation_at(graph, *inner, ActivationKind::tanh) == nullptr) return false;
  const Product scaled = product_of(graph, input_of(graph, *inner), 1);
  if (scaled.factors.size() != 1 || !near(scaled.coefficient, 0.79788456)) return false;
  const Node* sum = maker(graph, scaled.factors[0]);
  const auto* add = sum ? sum->as<Binary>() : nullptr;
  if (add == nullptr || add->kind != BinaryKind::add || sum->inputs.size() != 2) return false;
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
    const Product cube = product_of(graph, sum->inputs[1 - at], 3);
    if (sum->inputs[at] == x && cube.factors == std::vector<ValueId>(3, x) && near(cube.coefficient, 0.044715))
      return true;
  }
  return false;
}

bool is_hard_sigmoid(const Graph& graph, ValueId value, ValueId x) {
  const Activation* op = activation_at(graph, value, ActivationKind::hard_sigmoid);
  return op != nullptr && near(op->alpha, 1.0 / 6) && op->beta == 0.5 && input_of(graph, value) == x;
}

/// x gated by a function of itself.
std::optional<ActivationKind> gate(const Graph& graph, double coefficient, ValueId x, ValueId other) {
  if (near(coefficient, 1)) {
    if (activation_at(graph, other, ActivationKind::sigmoid) && input_of(graph, other) == x)
      return ActivationKind::silu;
    if (is_hard_sigmoid(graph, other, x)) return ActivationKind::hard_swish;
    if (activation_at(graph, other, ActivationKind::tanh)) {
      const ValueId inner = input_of(graph, other);
      const bool mish = activation_at(graph, inner, ActivationKind::softplus) && input_of(graph, inner) == x;
      if (mish) return ActivationKind::mish;
    }
  }
  if (near(coefficient, 1.0 / 6) && is_shifted_relu6(graph, other, x)) return ActivationKind::hard_swish;
  if (near(coefficient, 0.5) && is_erf_part(graph, other, x)) return ActivationKind::gelu;
  if (near(coefficient, 0.5) && is_tanh_part(graph, other, x)) return ActivationKind::gelu_tanh;
  return std::nullopt;
}

}  // namespace

std::optional<FoundActivation> activation_of(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto* binary = node.as<Binary>();
  const auto* linear = node.as<Activation>();
  const bool product = binary != nullptr ? binary->kind == BinaryKind::mul || binary->kind == BinaryKind::div
                                         : linear != nullptr && linear->kind == ActivationKind::linear;
  if (!product) return std::nullopt;
  for (int levels = 1; levels <= 4; ++levels) {
    const auto [coefficient, factors] = product_of(graph, node.outputs[0], levels);
    if (factors.size() == 1 && near(coefficient, 1.0 / 6)) {
      const Activation* clip = activation_at(graph, factors[0], ActivationKind::clip);
      const auto x = clip ? shifted_by(graph, input_of(graph, factors[0]), 3) : std::nullopt;
      if (x && is_shifted_relu6(graph, factors[0], *x)) {
        return FoundActivation{*x, {ActivationKind::hard_sigmoid, 1.0 / 6, 0.5}};
      }
    }
    if (factors.size() != 2) continue;
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
      if (const auto kind = gate(graph, coefficient, factors[at], factors[1 - at])) {
        return FoundActivation{factors[at], {*kind}};
      }
    }
  }
  return std::nullopt;
}

}  // namespace banoff::onnx_import
