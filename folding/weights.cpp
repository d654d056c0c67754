#include "folding/weights.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "folding/parallel.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/half_precision.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff::gauge {

std::vector<double> values_of(const Graph& graph, const Node& node, Slot slot, std::size_t count, double missing) {
  const Tensor* tensor = graph.param(node, slot);
  return tensor ? tensor->to_vector<double>() : std::vector<double>(count, missing);
}

Weights::Weights(Graph& graph) : graph_(graph), holders_(graph.params.size()) {
  for (const NodeId id : graph.live_ids()) {
    for (const auto& [slot, param] : graph.node(id).params) holders_[index(param)].push_back(id);
  }
  const bool doubles =
      std::ranges::any_of(graph.params, [](const Param& param) { return param.value.dtype() == DType::f64; });
  if (doubles) new_type_ = DType::f64;
}

std::vector<double> Weights::get(NodeId id, Slot slot, std::size_t count, double missing) const {
  return values_of(graph_, graph_.node(id), slot, count, missing);
}

void Weights::set(NodeId id, Slot slot, Shape shape, std::vector<double> values, DType like) {
  // Once set, a parameter is held as f64 whatever it is to become.
  const DType storage = storage_.try_emplace({id, slot}, like == DType::f64 ? DType::f64 : DType::f32).first->second;
  // Constants are values, and written as such.
  const auto* constant = graph_.node(id).as<Constant>();
  const DType held = constant && is_half(constant->type) ? constant->type : storage;
  const double largest = largest_of(held);
  const bool bound = slot == Slot::lower || slot == Slot::upper;  // may be infinite: no bound
  for (const double value : values) {
    if (bound && std::isinf(value)) continue;
    if (!(std::abs(value) <= largest)) {
      throw Refused{Blocker::amplification,
                    graph_.node(id).name,
                    {},
                    fmt::format("its {} would be {:.3g} in {}", slot_name(slot), value, name_of(held))};
    }
  }
  graph_.set_param(id, slot, Tensor::of<double>(shape, std::move(values)), is_shared(id, slot));
}

bool Weights::is_shared(NodeId id, Slot slot) const {
  const ParamId param = graph_.node(id).param(slot);
  if (param == none || index(param) >= holders_.size()) return false;
  return std::ranges::any_of(holders_[index(param)], [&](NodeId other) {
    const auto& params = graph_.node(other).params;
    return other != id && graph_.alive(other) &&
           std::ranges::find(params, param, &std::pair<Slot, ParamId>::second) != params.end();
  });
}

namespace {

/// Subnormal floats become zero, for they are slow to compute with.
Tensor rounded(const Tensor& tensor) {
  const std::span<const double> values = tensor.values<double>();
  std::vector<float> result(values.size());
  std::ranges::transform(values, result.begin(), [](double value) {
    const auto narrow = static_cast<float>(value);
    return std::abs(narrow) < std::numeric_limits<float>::min() ? 0.0F : narrow;
  });
  return Tensor::of<float>(tensor.shape(), std::move(result));
}

}  // namespace

void Weights::scale(NodeId id, const LinearOp& linear, const std::vector<double>& in, const std::vector<double>& out) {
  auto scaling = std::make_shared<Scaling>(Scaling{linear, in, out});
  if (const Scaling* so_far = version().scaling(id)) {
    std::ranges::transform(in, so_far->in, scaling->in.begin(), std::multiplies{});
    std::ranges::transform(out, so_far->out, scaling->out.begin(), std::multiplies{});
  }
  const Tensor& stored = *graph_.param(graph_.node(id), Slot::weight);
  const auto largest = [](const std::vector<double>& factors) {
    return std::abs(*std::ranges::max_element(factors, {}, [](double factor) { return std::abs(factor); }));
  };
  const DType type = stored.dtype() == DType::f64 ? DType::f64 : DType::f32;
  // What no channel of input and output reaches together needs no look at each weight.
  if (!(largest_magnitude(stored) * largest(scaling->in) * largest(scaling->out) <= largest_of(type))) {
    if (const double value = largest_magnitude(stored, *scaling); !(value <= largest_of(type)))
      throw Refused{Blocker::amplification,
                    graph_.node(id).name,
                    {},
                    fmt::format("its {} would be {:.3g} in {}", slot_name(Slot::weight), value, name_of(type))};
  }
  scalings_[id] = std::move(scaling);
}

void Weights::restore(const Scalings& were, std::span<const NodeId> nodes) {
  for (const NodeId id : nodes) {
    const auto found = were.find(id);
    if (found == were.end()) scalings_.erase(id);
    else scalings_[id] = found->second;
  }
}

void Weights::round_scaled(std::size_t threads) {
  std::vector<std::pair<NodeId, Tensor>> rounded;
  for (const auto& [id, scaling] : scalings_) {
    if (graph_.alive(id)) rounded.emplace_back(id, Tensor());
  }
  for_each_parallel(rounded.size(), threads, [&](std::size_t i) {
    auto& [id, tensor] = rounded[i];
    const Tensor& stored = *graph_.param(graph_.node(id), Slot::weight);
    tensor = scaled(stored, *scalings_.at(id), stored.dtype() == DType::f64 ? DType::f64 : DType::f32);
  });
  for (auto& [id, tensor] : rounded) graph_.set_param(id, Slot::weight, std::move(tensor), is_shared(id, Slot::weight));
  scalings_.clear();
}

void Weights::round_all(std::size_t threads) {
  round_scaled(threads);
  for (const auto& [key, storage] : storage_) {
    const auto& [id, slot] = key;
    if (!graph_.alive(id) || storage == DType::f64) continue;
    const Tensor* tensor = graph_.param(graph_.node(id), slot);
    if (!tensor || tensor->dtype() != DType::f64) continue;  // its fold was rolled back
    graph_.set_param(id, slot, rounded(*tensor), is_shared(id, slot));
  }
}

namespace {

AffineMap map_of(const Graph& graph, const Node& affine) {
  const Tensor* scale = graph.param(affine, Slot::weight);
  const Tensor* shift = graph.param(affine, Slot::bias);
  AffineMap map;
  if (scale) map.scale = scale->to_vector<double>();
  if (shift) map.shift = shift->to_vector<double>();
  map.scale.resize(std::max(map.scale.size(), map.shift.size()), 1.0);
  map.shift.resize(map.scale.size(), 0.0);
  return map;
}

}  // namespace

AffineMap affine_map(const Graph& graph, const Node& node) {
  if (node.as<Affine>()) return map_of(graph, node);
  const auto* op = node.as<BatchNorm>();
  const Tensor* mean = graph.param(node, Slot::mean);
  const Tensor* var = graph.param(node, Slot::var);
  if (!op || !mean || !var) fail_internal("'{}' is no batch norm", node.name);
  const std::vector<double> means = mean->to_vector<double>();
  const std::vector<double> vars = var->to_vector<double>();
  AffineMap map{std::vector<double>(means.size(), 1.0), std::vector<double>(means.size(), 0.0)};
  if (const Tensor* gamma = graph.param(node, Slot::weight)) map.scale = gamma->to_vector<double>();
  if (const Tensor* beta = graph.param(node, Slot::bias)) map.shift = beta->to_vector<double>();
  for (std::size_t c = 0; c < means.size(); ++c) {
    map.scale[c] /= std::sqrt(vars[c] + op->eps);
    map.shift[c] -= map.scale[c] * means[c];
  }
  return map;
}

std::size_t map_axis(const Node& node, const Shape& input) {
  const auto* affine = node.as<Affine>();
  return affine ? resolve_axis(affine->axis, input.rank()) : 1;
}

}  // namespace banoff::gauge
