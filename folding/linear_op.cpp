#include "folding/linear_op.hpp"

#include <algorithm>

namespace banoff::gauge {

namespace {

bool may_read_padding(const Window& w, const Padding& padding) {
  if (padding.mode != Padding::Mode::given) return w.kernel > 1;
  return w.pad_begin > 0 || w.pad_end > 0;
}

bool any_reads_padding(const std::vector<Window>& all, const Padding& padding, bool at_any_size) {
  return std::ranges::any_of(
      all, [&](const Window& w) { return reads_padding(w) || (at_any_size && may_read_padding(w, padding)); });
}

}  // namespace

LinearOp linear_op(const Op& op, const Shape& weight, const Shape& input) {
  const auto* conv = std::get_if<Conv>(&op);
  const auto* transposed = std::get_if<ConvTranspose>(&op);
  const std::int64_t groups = conv ? groups_of(*conv, input) : transposed ? transposed->groups : 1;
  return {weight[0], weight[1], weight.elements(2, weight.rank()), groups, transposed != nullptr};
}

bool reads_padding(const Conv& op, const Shape& input, bool at_any_size) {
  return any_reads_padding(windows(op, input), op.padding, at_any_size);
}

bool reads_padding(const Pool& op, const Shape& input, bool at_any_size) {
  const auto slides = [](const Window& w) { return w.stride > 1; };
  const std::vector<Window> all = windows(op, input);
  if (at_any_size && op.ceil_mode && std::ranges::any_of(all, slides)) return true;
  return any_reads_padding(all, op.padding, at_any_size);
}

bool reads_zero_padding(const Conv& op, const Shape& input, bool at_any_size) {
  return !op.pad_value && reads_padding(op, input, at_any_size);
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
