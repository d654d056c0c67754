#include "folding/linear_op.hpp"

#include <algorithm>

namespace banoff::gauge {

bool reads_zero_padding(const Conv& op, const Shape& input) {
  return !op.pad_value && std::ranges::any_of(windows(op, input), reads_padding);
}

NodeId constant_weight(const Graph& graph, const Node& matmul) {
  const auto* op = matmul.as<MatMul>();
  if (!op || op->transpose_a || matmul.inputs.size() != 2 || matmul.inputs[0] == matmul.inputs[1]) return none;
  const ValueId weight = matmul.inputs[1];
  const NodeId producer = graph.value(weight).producer;
  if (producer == none || !graph.node(producer).as<Constant>() || graph.is_output(weight)) return none;
  const Tensor* value = graph.param(graph.node(producer), Slot::value);
  if (!value || value->shape().rank() != 2) return none;
  std::ptrdiff_t uses = 0;
  for (const Node& node : graph.nodes) uses += std::ranges::count(node.inputs, weight);
  return uses == 1 ? producer : none;
}

bool absorbs(const Graph& graph, const Node& node) {
  return node.as<BatchNorm>() || node.as<Affine>() || is_expressive(graph, node);
}

bool is_expressive(const Graph& graph, const Node& node) {
  return node.as<Conv>() || node.as<ConvTranspose>() || node.as<Dense>() || constant_weight(graph, node) != none;
}

}  // namespace banoff::gauge
