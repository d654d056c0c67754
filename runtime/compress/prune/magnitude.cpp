#include "runtime/compress/prune/magnitude.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/compress/prune/channels.hpp"

namespace banoff::pruning {

std::int64_t nonzero(const Tensor& tensor) {
  const std::vector<double> values = tensor.to_vector<double>();
  return std::ranges::count_if(values, [](double value) { return value != 0; });
}

void zero_smallest(Graph& graph, double rate, std::vector<PrunedLayer>& layers) {
  auto layer = layers.begin();
  for (const NodeId id : graph.live_ids()) {
    if (!is_layer(graph.node(id))) continue;
    const Tensor& weight = *graph.param(graph.node(id), Slot::weight);
    const DType type = weight.dtype();
    const Shape shape = weight.shape();
    std::vector<double> values = weight.to_vector<double>();
    const auto count = static_cast<std::ptrdiff_t>(std::lround(rate * static_cast<double>(values.size())));
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Of equal ones the first go, so that the same network is always pruned alike.
    std::ranges::nth_element(order, order.begin() + count, [&](std::size_t a, std::size_t b) {
      const double left = std::abs(values[a]), right = std::abs(values[b]);
      return left < right || (left == right && a < b);
    });
    const double all = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    double gone = 0;
    for (auto at = order.begin(); at != order.begin() + count; ++at) {
      gone += values[*at] * values[*at];
      values[*at] = 0;
    }
    const Tensor pruned = Tensor::of(shape, std::move(values)).as(type);
    layer->after = nonzero(pruned);
    layer->error = all > 0 ? std::sqrt(gone / all) : 0;
    ++layer;
    graph.set_param(id, Slot::weight, pruned);
  }
}

}  // namespace banoff::pruning
