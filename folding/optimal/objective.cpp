#include "folding/optimal/objective.hpp"

#include <algorithm>
#include <cmath>

#include "folding/linear_op.hpp"
#include "folding/weights.hpp"

namespace banoff::gauge {

namespace {

/// What is done in a pass that is there anyway, as a share of the pass.
constexpr double in_passing = 0.05;

/// Bytes that a pass over a value of floats moves: read once, written once.
double pass_bytes(const TensorType& type) { return 2 * sizeof(float) * static_cast<double>(type.shape.elements()); }

bool invertible(const Graph& graph, const Node& node) {
  const AffineMap map = affine_map(graph, node);
  return std::ranges::all_of(map.scale, [](double a) { return std::isnormal(a); });
}

/// Whether the value is made by a layer (or a sum, which joins a layer) for one reader: an activation then costs
/// nothing.
bool joins_layer(const Graph& graph, const Readers& readers, ValueId value) {
  const NodeId producer = graph.value(value).producer;
  if (producer == none || readers.only(value) == none) return false;
  const Node& node = graph.node(producer);
  const auto* binary = node.as<Binary>();
  return is_expressive(graph, node) || (binary && binary->kind == BinaryKind::add);
}

bool is_activation(const Node& node) { return node.as<Activation>() || node.as<PRelu>(); }

}  // namespace

std::vector<NodeId> without_inverse(const Graph& graph) {
  std::vector<NodeId> result;
  for (const NodeId id : graph.live_ids()) {
    const Node& node = graph.node(id);
    if (node.as<BatchNorm>() && !invertible(graph, node)) result.push_back(id);
  }
  return result;
}

std::vector<std::pair<NodeId, double>> candidates(const Graph& graph, const std::vector<TensorType>& types,
                                                  Objective objective) {
  std::vector<std::pair<NodeId, double>> result;
  const Readers readers = graph.readers();
  double total = 0;
  for (const NodeId id : graph.live_ids()) {
    const Node& node = graph.node(id);
    if (!node.as<BatchNorm>() && !node.as<Affine>()) continue;
    double bytes = pass_bytes(types[static_cast<std::size_t>(node.outputs[0])]);
    const auto& behind = readers.of(node.outputs[0]);
    const bool before_activation = behind.size() == 1 && is_activation(graph.node(behind[0]));
    if (before_activation && !joins_layer(graph, readers, node.inputs[0])) bytes *= in_passing;
    total += bytes;
    if (bytes > 0 && invertible(graph, node)) result.emplace_back(id, bytes);
  }
  if (objective == Objective::count) {
    for (auto& [node, weight] : result) weight = (graph.node(node).as<BatchNorm>() ? 1.0 : 0.0) + 0.5 * weight / total;
  }
  return result;
}

}  // namespace banoff::gauge
