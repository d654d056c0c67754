#include "runtime/compress/prune/norm.hpp"

#include <algorithm>
#include <cmath>

namespace banoff::pruning {

namespace {

std::vector<double> values_of(const Graph& graph, const Node& node, Slot slot) {
  const Tensor* tensor = graph.param(node, slot);
  return tensor ? tensor->to_vector<double>() : std::vector<double>{};
}

void set_values(Graph& graph, NodeId id, Slot slot, const std::vector<double>& values) {
  const Tensor* old = graph.param(graph.node(id), slot);
  if (!old) return;
  const DType type = old->dtype();
  graph.set_param(id, slot, Tensor::of(Shape{static_cast<std::int64_t>(values.size())}, values).as(type));
}

}  // namespace

NormNumbers norm_numbers(const Graph& graph, const Node& norm) {
  return {values_of(graph, norm, Slot::mean), values_of(graph, norm, Slot::var), values_of(graph, norm, Slot::weight),
          values_of(graph, norm, Slot::bias)};
}

Scaling scaling_of(const Graph& graph, const Node& norm) {
  const NormNumbers numbers = norm_numbers(graph, norm);
  const double eps = norm.as<BatchNorm>()->eps;
  Scaling result;
  for (std::size_t c = 0; c < numbers.mean.size(); ++c) {
    const double scale = (numbers.gamma.empty() ? 1.0 : numbers.gamma[c]) / std::sqrt(numbers.var[c] + eps);
    result.scale.push_back(scale);
    result.shift.push_back((numbers.beta.empty() ? 0.0 : numbers.beta[c]) - scale * numbers.mean[c]);
  }
  return result;
}

NodeId norm_behind(const Graph& graph, const Readers& readers, const Node& layer) {
  const NodeId reader = readers.only(layer.outputs[0]);
  return reader != none && graph.node(reader).as<BatchNorm>() ? reader : none;
}

void set_norm(Graph& graph, NodeId id, const NormNumbers& numbers) {
  set_values(graph, id, Slot::mean, numbers.mean);
  set_values(graph, id, Slot::var, numbers.var);
  set_values(graph, id, Slot::weight, numbers.gamma);
  set_values(graph, id, Slot::bias, numbers.beta);
}

void append_norm(NormNumbers& to, const NormNumbers& from, std::size_t like, double eps, double scale, double shift) {
  if (!from.gamma.empty()) {
    to.mean.push_back(from.mean[like]);
    to.var.push_back(from.var[like]);
    to.gamma.push_back(scale * std::sqrt(from.var[like] + eps));
    to.beta.push_back(shift + scale * from.mean[like]);
    return;
  }
  to.mean.push_back(-shift / scale);  // without gamma the scale is never 0
  to.var.push_back(std::max(1.0 / (scale * scale) - eps, 0.0));
}

}  // namespace banoff::pruning
