#include "runtime/graph/quantised.hpp"

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

/// Calls f(conv or dense) where the op is one.
template <class F>
bool visit_scaled(auto& op, F&& f) {
  if (auto* conv = std::get_if<Conv>(&op)) return f(*conv), true;
  if (auto* dense = std::get_if<Dense>(&op)) return f(*dense), true;
  return false;
}

std::size_t numbers_of_each(const Shape& shape) { return static_cast<std::size_t>(shape.elements(1, shape.rank())); }

}  // namespace

bool only_moves(const Node& node) {
  if (const auto* pool = node.as<Pool>()) return pool->kind == PoolKind::max;
  if (const auto* pool = node.as<GlobalPool>()) return pool->kind == PoolKind::max;
  if (const auto* resize = node.as<Resize>()) return resize->mode == ResizeMode::nearest;
  if (const auto* pad = node.as<Pad>()) return !pad->pad_value && (pad->mode != PadMode::constant || pad->value == 0);
  return facts_of(node.op).memory == Memory::view || node.as<Concat>() != nullptr || node.as<Split>() != nullptr ||
         node.as<Slice>() != nullptr || node.as<ChannelShuffle>() != nullptr || node.as<Transpose>() != nullptr;
}

std::optional<FakeQuantize> grid_behind(const Node& node, const Grids& grids) {
  if (const auto* put = node.as<FakeQuantize>()) return *put;
  if (!only_moves(node) || node.inputs.empty()) return std::nullopt;
  const auto grid = [&](ValueId value) { return grids[static_cast<std::size_t>(value)]; };
  // What Concat joins may lie on several; of a Resize only the first input is moved.
  const std::size_t moved = node.as<Concat>() != nullptr ? node.inputs.size() : 1;
  for (std::size_t i = 1; i < moved; ++i) {
    if (grid(node.inputs[i]) != grid(node.inputs[0])) return std::nullopt;
  }
  return grid(node.inputs[0]);
}

Grids grids_of(const Graph& graph) {
  Grids grids(graph.values.size());
  for (const Node& node : graph.live()) {
    const auto grid = grid_behind(node, grids);
    for (const ValueId output : node.outputs) grids[static_cast<std::size_t>(output)] = grid;
  }
  return grids;
}

bool has_weight_scale(const Op& op) {
  bool has = false;
  visit_scaled(op, [&](const auto& layer) { has = layer.weight_scale; });
  return has;
}

void set_weight_scale(Op& op, bool has) {
  if (!visit_scaled(op, [&](auto& layer) { layer.weight_scale = has; }))
    fail_internal("{} has no scale of weights", name_of(op));
}

void forget_weight_scale(Node& node) {
  if (!has_weight_scale(node.op)) return;
  set_weight_scale(node.op, false);
  std::erase_if(node.params, [](const auto& param) { return param.first == Slot::weight_scale; });
}

GridWeights on_grid(const Tensor& weight, const std::vector<float>& least_scale) {
  const Tensor floats = weight.as(DType::f32);
  const std::span<const float> values = floats.values<float>();
  const Shape& shape = weight.shape();
  const std::size_t each = numbers_of_each(shape);
  std::vector<float> scale(static_cast<std::size_t>(shape[0]), 1.0F);
  std::vector<std::int8_t> numbers(values.size());
  for (std::size_t o = 0; o < scale.size(); ++o) {
    const auto row = values.subspan(o * each, each);
    float largest = 0;
    for (const float w : row) largest = std::max(largest, std::abs(w));
    float step = largest / static_cast<float>(most_weight);
    if (o < least_scale.size()) step = std::max(step, least_scale[o]);
    if (step > 0) scale[o] = step;
    for (std::size_t i = 0; i < each; ++i) {
      numbers[o * each + i] = static_cast<std::int8_t>(grid_number(row[i], scale[o], 0, {-most_weight, most_weight}));
    }
  }
  return {Tensor::of<std::int8_t>(shape, std::move(numbers)), Tensor::of<float>({shape[0]}, std::move(scale))};
}

Tensor from_grid(const GridWeights& weights) {
  const Shape& shape = weights.numbers.shape();
  const std::span<const std::int8_t> numbers = weights.numbers.values<std::int8_t>();
  const std::vector<float> scale = weights.scale.to_vector<float>();
  const std::size_t each = numbers_of_each(shape);
  std::vector<float> values(numbers.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(numbers[i]) * scale[i / each];
  return Tensor::of<float>(shape, std::move(values));
}

Tensor grid_numbers(const Tensor& weight, const Tensor& scale) {
  const std::vector<double> values = weight.to_vector<double>();
  const std::vector<double> steps = scale.to_vector<double>();
  const std::size_t each = numbers_of_each(weight.shape());
  std::vector<std::int8_t> numbers(values.size());
  constexpr double tolerance = 1e-3;  // of a step: many times what rounding the products to floats makes
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double step = steps[i / each];
    if (!(step > 0)) fail_input("weight_scale[{}] is {}, expected a positive number", i / each, step);
    const double number = std::nearbyint(values[i] / step);
    if (!(std::abs(values[i] / step - number) <= tolerance))
      fail_input("weight[{}] is {}, expected a multiple of weight_scale[{}] = {}", i, values[i], i / each, step);
    if (std::abs(number) > static_cast<double>(most_weight))
      fail_input("weight[{}] is {} times weight_scale[{}], expected at most {}", i, number, i / each, most_weight);
    numbers[i] = static_cast<std::int8_t>(number);
  }
  return Tensor::of<std::int8_t>(weight.shape(), std::move(numbers));
}

void set_grid_weights(Graph& graph, NodeId id, const GridWeights& weights) {
  graph.set_param(id, Slot::weight, from_grid(weights));
  graph.set_param(id, Slot::weight_scale, weights.scale);
  set_weight_scale(graph.node(id).op, true);
}

}  // namespace banoff
