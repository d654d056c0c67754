// Layers with weights: the gauge of what they read and of what they write goes into weights and bias.
#include <numeric>

#include "folding/linear_op.hpp"
#include "folding/rewrite.hpp"

namespace banoff::gauge {

namespace {

bool all_zero(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double v) { return v == 0.0; });
}

/// For every channel of the output the sum over the weights that reach it, each times the shift of what it reads.
std::vector<double> shifted(const Rewrite& r, const LinearOp& linear, const std::vector<double>& shift) {
  std::vector<double> sums(index(linear.outputs()));
  if (all_zero(shift)) return sums;
  const Node& node = r.node();
  ScaledRows rows(*r.weights().graph().param(node, Slot::weight), linear, r.weights().version().scaling(r.id()));
  for (std::int64_t major = 0; major < linear.outer; ++major) {
    const double* taps = rows.row(major).data();
    const std::int64_t first = major / (linear.outer / linear.groups) * linear.middle;
    for (std::int64_t minor = first; minor < first + linear.middle; ++minor, taps += linear.taps) {
      const double sum = std::accumulate(taps, taps + linear.taps, 0.0);  // all of them connect the same two channels
      sums[index(linear.transposed ? minor : major)] += sum * shift[index(linear.transposed ? major : minor)];
    }
  }
  return sums;
}

/// y = W x + b with x = p x' + q and y' = s y + h: W' = s W p, b' = s (b + W q) + h.
/// Returns whether the node now has a bias.
bool rewrite(const Rewrite& r, const LinearOp& linear, const AffineMap& in, const AffineMap& out) {
  const DType type = r.weights().graph().param(r.node(), Slot::weight)->dtype();
  const bool biased = r.node().param(Slot::bias) != none;
  std::vector<double> bias = r.weights().get(r.id(), Slot::bias, index(linear.outputs()), 0.0);
  const std::vector<double> from_shift = shifted(r, linear, in.shift);
  for (std::size_t c = 0; c < bias.size(); ++c) bias[c] = out.scale[c] * (bias[c] + from_shift[c]) + out.shift[c];
  r.weights().scale(r.id(), linear, in.scale, out.scale);
  if (!biased && all_zero(bias)) return false;
  const Shape length{std::ssize(bias)};
  r.weights().set(r.id(), Slot::bias, length, std::move(bias), type);
  return true;
}

/// The node's weights as they connect channels.
LinearOp linear_op_of(const Rewrite& r) {
  return linear_op(r.node().op, r.weights().graph().param(r.node(), Slot::weight)->shape(),
                   r.system().shape(r.node().inputs[0]));
}

}  // namespace

void give_pad_value(const Rewrite& r, const Conv& op) {
  const AffineMap map = r.writes(r.system().along(r.node().inputs[0], 1));
  const Shape& input = r.system().shape(r.node().inputs[0]);
  if (all_zero(map.shift) || !reads_zero_padding(op, input, r.system().open_in_space())) return;
  require_readable(r, map, map.shift);
  const DType type = r.weights().graph().param(r.node(), Slot::weight)->dtype();
  const Shape length{std::ssize(map.shift)};
  std::get<Conv>(r.node().op).pad_value = true;
  r.weights().set(r.id(), Slot::pad_value, length, map.shift, type);
}

Absorbed apply(const Conv& op, const Rewrite& r) {
  if (op.pad_value) rewrite_pad_value(r, r.system().along(r.node().inputs[0], 1));
  else if (r.system().policy().borders.contains(r.id())) give_pad_value(r, op);
  const bool biased = rewrite(r, linear_op_of(r), r.reads(1), r.writes(1));
  auto& changed = std::get<Conv>(r.node().op);
  changed.bias = biased;
  changed.weight_standardization.reset();  // a property of the weights that were
  return r.done();
}

Absorbed apply(const ConvTranspose&, const Rewrite& r) {
  const bool biased = rewrite(r, linear_op_of(r), r.reads(1), r.writes(1));
  std::get<ConvTranspose>(r.node().op).bias = biased;
  return r.done();
}

Absorbed apply(const Dense&, const Rewrite& r) {
  const std::size_t in_axis = r.system().shape(r.node().inputs[0]).rank() - 1;
  const std::size_t out_axis = r.system().shape(r.node().outputs[0]).rank() - 1;
  std::get<Dense>(r.node().op).bias = rewrite(r, linear_op_of(r), r.reads(in_axis), r.writes(out_axis));
  return r.done();
}

/// A matmul by its own constant becomes the dense layer that it is, which has a place for the shift.
Absorbed apply(const MatMul& op, const Rewrite& r) {
  Graph& graph = r.weights().graph();
  const NodeId constant = constant_weight(graph, r.node());
  if (constant == none) return {};
  const Tensor matrix = *graph.param(graph.node(constant), Slot::value);
  const std::int64_t rows = matrix.shape()[0];
  const std::int64_t columns = matrix.shape()[1];
  std::vector<double> values = matrix.to_vector<double>();
  if (!op.transpose_b) {
    std::vector<double> turned(values.size());
    for (std::int64_t i = 0; i < rows * columns; ++i)
      turned[index(i % columns * rows + i / columns)] = values[index(i)];
    values = std::move(turned);
  }
  const std::int64_t outputs = op.transpose_b ? rows : columns;
  const Shape shape{outputs, rows * columns / outputs};
  Node& erased = graph.node(constant);
  erased.outputs.clear();
  erased.params.clear();
  Node& self = r.node();
  self.op = Dense{outputs, false};
  self.inputs.pop_back();
  graph.set_param(r.id(), Slot::weight, Tensor::of<double>(shape, std::move(values)).as(matrix.dtype()), false);
  return apply(Dense{outputs, false}, r);
}

}  // namespace banoff::gauge
