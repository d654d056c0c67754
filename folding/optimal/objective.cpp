#include "folding/optimal/objective.hpp"

#include <algorithm>
#include <cmath>

#include "folding/linear_op.hpp"
#include "folding/weights.hpp"

namespace banoff::gauge {

namespace {

/// What is done in a pass that is there anyway, as a share of the pass.
constexpr double in_passing = 0.05;

/// Bytes that a pass over a value moves: read once, written once.
double pass_bytes(const TensorType& type) { return 2.0 * sizeof(float) * static_cast<double>(type.shape.elements()); }

bool invertible(const Graph& graph, const Node& node) {
  const AffineMap map = affine_map(graph, node);
  return std::ranges::all_of(map.scale, [](double a) { return std::isnormal(a); });
}

/// Whether the value is made by a layer (or a sum, which joins a layer) for one reader: an activation then costs
/// nothing.
bool joins_layer(const Graph& graph, ValueId value, std::size_t readers) {
  const NodeId producer = graph.value(value).producer;
  if (producer == none || readers != 1 || graph.is_output(value)) return false;
  const Node& node = graph.node(producer);
  const auto* binary = node.as<Binary>();
  return is_expressive(graph, node) || (binary && binary->kind == BinaryKind::add);
}

bool is_activation(const Node& node) { return node.as<Activation>() || node.as<PRelu>(); }

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
  const std::vector<std::vector<NodeId>> readers = graph.readers();
  const auto readers_of = [&](ValueId value) -> const auto& { return readers[static_cast<std::size_t>(value)]; };
  double total = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.outputs.empty() || !(node.as<BatchNorm>() || node.as<Affine>())) continue;
    double bytes = pass_bytes(types[static_cast<std::size_t>(node.outputs[0])]);
    const auto& behind = readers_of(node.outputs[0]);
    const bool before_activation = behind.size() == 1 && is_activation(graph.node(behind[0]));
    if (before_activation && !joins_layer(graph, node.inputs[0], readers_of(node.inputs[0]).size()))
      bytes *= in_passing;
    total += bytes;
    if (bytes > 0 && invertible(graph, node)) result.emplace_back(static_cast<NodeId>(i), bytes);
  }
  if (objective == Objective::count) {
    for (auto& [node, weight] : result) weight = (graph.node(node).as<BatchNorm>() ? 1.0 : 0.0) + 0.5 * weight / total;
  }
  return result;
}

double activation_cost(const Graph& graph, const std::vector<TensorType>& types, ValueId value) {
  const std::size_t readers = graph.readers()[static_cast<std::size_t>(value)].size();
  const double bytes = pass_bytes(types[static_cast<std::size_t>(value)]);
  return joins_layer(graph, value, readers) ? bytes : in_passing * bytes;
}

}  // namespace banoff::gauge
