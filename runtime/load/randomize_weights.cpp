#include <cmath>

#include "runtime/core/checked.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/load/calibrate.hpp"
#include "runtime/load/random.hpp"

namespace banoff {

namespace {

/// How many products one output element of a convolution or dense layer sums.
double fan_in(const Node& node, const Shape& weight) {
  if (const auto* op = node.as<ConvTranspose>()) {
    double terms = static_cast<double>(weight[0]) / static_cast<double>(op->groups);
    for (std::size_t i = 2; i < weight.rank(); ++i) {
      terms *= static_cast<double>(weight[i]) / static_cast<double>(op->stride.at(i - 2));
    }
    return std::max(terms, 1.0);
  }
  return static_cast<double>(weight.elements(1, weight.rank()));
}

bool is_linear(const Node& node) {
  return node.as<Conv>() != nullptr || node.as<ConvTranspose>() != nullptr || node.as<Dense>() != nullptr;
}

/// What weights are drawn between: uniform in [-b, b] has variance b^2 / 3, He et al. 2015 ask for 2 / fan_in; states
/// that are at most 1 are summed with a deviation below 1. 0: they are no such weights.
double bound_of(const Node& node, const Shape& weight) {
  if (node.as<Recurrent>() != nullptr) return 1 / std::sqrt(static_cast<double>(weight.back()));
  return is_linear(node) ? std::sqrt(6 / fan_in(node, weight)) : 0;
}

double signed_scale(Random& random) {
  const double sign = random.uniform() < 0.25 ? -1 : 1;
  return sign * random.between(0.5, 1.5);
}

double element(const Node& node, Slot slot, Random& random, double bound) {
  switch (slot) {
    case Slot::weight:
      if (bound > 0) return random.between(-bound, bound);
      return node.as<PRelu>() != nullptr ? random.between(0.1, 0.4) : signed_scale(random);
    case Slot::bias: return (is_linear(node) ? 0.1 : 0.5) * random.normal();
    case Slot::mean: return 0;
    case Slot::var: return 1;
    case Slot::pad_value: return 0.5 * random.normal();
    case Slot::value: return random.normal();
    case Slot::lower: return random.between(-1, 0.25);
    case Slot::upper: return random.between(0.5, 3);
    case Slot::kink: return random.between(-0.5, 0.5);
    case Slot::below: return random.between(0.1, 0.4);
    case Slot::above: return random.between(0.75, 1.25);
    case Slot::peephole: return 0.1 * random.normal();
    case Slot::weight_scale: return 1;  // set when the weights are
  }
  fail_internal("a parameter of no kind");
}

Tensor random_tensor(const Node& node, const ParamUse& use, Random random) {
  const double bound = use.slot == Slot::weight ? bound_of(node, use.shape) : 0;
  std::vector<float> values(static_cast<std::size_t>(use.shape.elements()));
  for (float& value : values) value = static_cast<float>(element(node, use.slot, random, bound));
  const auto* constant = node.as<Constant>();
  return Tensor::of<float>(use.shape, std::move(values)).as(constant == nullptr ? DType::f32 : constant->type);
}

/// The use of every parameter; throws bad_input where there are too many elements to make up.
std::vector<ParamUse> uses_within(const Graph& graph, const std::vector<TensorType>& types, const LoadLimits& limits) {
  std::vector<ParamUse> uses = param_uses(graph, types);
  std::int64_t total = 0;
  for (const ParamUse& use : uses) total = checked_add(total, use.node == none ? 0 : use.shape.elements());
  if (total > limits.max_random_elements) {
    fail_input("{} parameters, more than the {} that are made up", total, limits.max_random_elements);
  }
  return uses;
}

/// Random weights are standardised as they are: the attribute speaks of stored weights only.
void forget_standardization(Graph& graph) {
  for (Node& node : graph.nodes) {
    if (auto* conv = std::get_if<Conv>(&node.op)) conv->weight_standardization.reset();
  }
}

}  // namespace

void randomize_weights(Graph& graph, std::uint64_t seed, const std::vector<TensorType>& types,
                       const NodeExecutor& executor, const LoadLimits& limits, std::int64_t side) {
  if (!executor) fail_usage("random weights need something that computes nodes, to calibrate batch norms");
  const std::vector<ParamUse> uses = uses_within(graph, types, limits);
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].node == none) continue;
    Param& param = graph.params[i];
    param.value = random_tensor(graph.node(uses[i].node), uses[i], Random(seed, param.name));
  }
  forget_standardization(graph);
  for (const NodeId id : graph.live_ids()) {
    const Node& node = graph.node(id);
    if (has_weight_scale(node.op)) set_grid_weights(graph, id, on_grid(*graph.param(node, Slot::weight)));
  }
  calibrate(graph, seed, types, uses, executor, side);
}

void fill_with_zeros(Graph& graph, const std::vector<TensorType>& types, const LoadLimits& limits) {
  const std::vector<ParamUse> uses = uses_within(graph, types, limits);
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].node == none) continue;
    const auto* constant = graph.node(uses[i].node).as<Constant>();
    const DType type = constant == nullptr ? DType::f32 : constant->type;
    const auto count = static_cast<std::size_t>(uses[i].shape.elements());
    graph.params[i].value = uses[i].slot == Slot::var || uses[i].slot == Slot::weight_scale
                                ? Tensor::of<float>(uses[i].shape, std::vector<float>(count, 1.0F))
                                : Tensor::allocate(type, uses[i].shape).first;
  }
  forget_standardization(graph);
}

}  // namespace banoff
