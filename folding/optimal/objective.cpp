#include "folding/optimal/objective.hpp"

#include <algorithm>
#include <cmath>

#include "folding/weights.hpp"

namespace banoff::gauge {

double pass_bytes(const TensorType& type) { return 2.0 * sizeof(float) * static_cast<double>(type.shape.elements()); }

namespace {

bool invertible(const Graph& graph, const Node& node) {
  const AffineMap map = affine_map(graph, node);
  return std::ranges::all_of(map.scale, [](double a) { return std::isnormal(a); });
}

}  // namespace

std::vector<NodeId> without_inverse(const Graph& graph) {
  std::vector<NodeId> result;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!node.outputs.empty() && node.as<BatchNorm>() && !invertible(graph, node)) {
      result.push_back(static_cast<NodeId>(i));
    }
  }
  return result;
}

std::vector<std::pair<NodeId, double>> candidates(const Graph& graph, const std::vector<TensorType>& types,
                                                  Objective objective) {
  std::vector<std::pair<NodeId, double>> result;
  double total = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.outputs.empty() || !(node.as<BatchNorm>() || node.as<Affine>())) continue;
    const double bytes = pass_bytes(types[static_cast<std::size_t>(node.outputs[0])]);
    total += bytes;
    if (bytes > 0 && invertible(graph, node)) result.emplace_back(static_cast<NodeId>(i), bytes);
  }
  if (objective == Objective::count) {
    for (auto& [node, weight] : result) weight = (graph.node(node).as<BatchNorm>() ? 1.0 : 0.0) + 0.5 * weight / total;
  }
  return result;
}

}  // namespace banoff::gauge
