#include "tests/folding/oracle_constraints.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "runtime/graph/signature.hpp"
#include "tests/folding/oracle_probe.hpp"

namespace banoff::test {

namespace {

std::size_t index(std::int64_t id) { return static_cast<std::size_t>(id); }

/// The element of a tensor of shape `from` that broadcasting to `to` puts at `flat`.
std::size_t broadcast_source(const Shape& from, const Shape& to, std::size_t flat) {
  std::size_t source = 0;
  std::size_t step = 1;
  for (std::size_t back = 1; back <= to.rank(); ++back) {
    const std::size_t size = index(to[to.rank() - back]);
    const std::size_t at = flat % size;
    flat /= size;
    if (back > from.rank()) continue;
    const std::size_t own = index(from[from.rank() - back]);
    source += (own == 1 ? 0 : at) * step;
    step *= own;
  }
  return source;
}

/// Whether any output reads at least one position beside the input along this dimension.
bool reads_padding(const Window& w) {
  for (std::int64_t o = 0; o < w.output; ++o) {
    for (std::int64_t k = 0; k < w.kernel; ++k) {
      const std::int64_t at = o * w.stride - w.pad_begin + k * w.dilation;
      if (at < 0 || at >= w.input) return true;
    }
  }
  return false;
}

/// Whether all outputs of a transposed convolution receive the same taps along this dimension.
bool uniform_taps(const Window& w) {
  std::set<std::set<std::int64_t>> seen;
  for (std::int64_t o = 0; o < w.output; ++o) {
    std::set<std::int64_t> taps;
    for (std::int64_t k = 0; k < w.kernel; ++k) {
      const std::int64_t at = o + w.pad_begin - k * w.dilation;
      if (at >= 0 && at % w.stride == 0 && at / w.stride < w.input) taps.insert(k);
    }
    seen.insert(taps);
  }
  return seen.size() == 1;
}

class Deriver {
 public:
  Deriver(const Graph& graph, const OracleRules& rules) : graph_(graph), rules_(rules), types_(infer_types(graph)) {
    Element next = 0;
    for (const TensorType& type : types_) {
      made_.first.push_back(next);
      next += type.shape.elements() > 0 ? index(type.shape.elements()) : 0;
    }
    made_.first.push_back(next);
  }

  Constraints derive() {
    for (const GraphInput& input : graph_.inputs) pin(input.value);
    for (const GraphOutput& output : graph_.outputs) pin(output.value);
    for (const Node& node : graph_.live()) {
      std::visit([&](const auto& op) { rule(op, node); }, node.op);
    }
    return std::move(made_);
  }

 private:
  [[nodiscard]] const Shape& shape(ValueId value) const { return types_[index(value)].shape; }
  [[nodiscard]] std::size_t size(ValueId value) const { return index(shape(value).elements()); }
  [[nodiscard]] Element at(ValueId value, std::size_t flat) const { return made_.first[index(value)] + flat; }
  [[nodiscard]] bool is_constant(ValueId value) const {
    const NodeId producer = graph_.value(value).producer;
    return producer != none && graph_.node(producer).as<Constant>() != nullptr;
  }
  /// The element's index along an axis.
  [[nodiscard]] std::size_t along(ValueId value, std::size_t axis, std::size_t flat) const {
    return flat / index(shape(value).elements(axis + 1, shape(value).rank())) % index(shape(value)[axis]);
  }

  void pin(ValueId value) {
    for (std::size_t e = 0; e < size(value); ++e) made_.identity(at(value, e));
  }
  void zero_shift(ValueId value) {
    for (std::size_t e = 0; e < size(value); ++e) made_.zero_shift.push_back(at(value, e));
  }
  void positive(ValueId value) {
    for (std::size_t e = 0; e < size(value); ++e) made_.positive.push_back(at(value, e));
  }
  /// What a parameter per index of `axis` can absorb: one gauge per index.
  [[nodiscard]] std::vector<Pair> constant_along(ValueId value, std::size_t axis) const {
    std::map<std::size_t, Element> first;
    std::vector<Pair> pairs;
    for (std::size_t e = 0; e < size(value); ++e) {
      const auto [seen, added] = first.emplace(along(value, axis, e), at(value, e));
      if (!added) pairs.emplace_back(seen->second, at(value, e));
    }
    return pairs;
  }
  void make_constant_along(ValueId value, std::size_t axis) {
    for (const auto& [a, b] : constant_along(value, axis)) made_.equal(a, b);
  }
  void unknown(const Node& node) {
    for (const ValueId value : node.inputs) pin(value);
    for (const ValueId value : node.outputs) pin(value);
  }
  void elementwise_equal(const Node& node) {
    for (std::size_t e = 0; e < size(node.outputs[0]); ++e) made_.equal(at(node.inputs[0], e), at(node.outputs[0], e));
  }

  // ----- ops with weights -------------------------------------------------------------------------------------------
  void rule(const Conv& op, const Node& node) {
    make_constant_along(node.inputs[0], 1);
    make_constant_along(node.outputs[0], 1);
    bool padded = false;
    for (const Window& w : windows(op, shape(node.inputs[0]))) padded = padded || reads_padding(w);
    if (padded && !op.pad_value) zero_shift(node.inputs[0]);
  }
  void rule(const ConvTranspose& op, const Node& node) {
    make_constant_along(node.inputs[0], 1);
    make_constant_along(node.outputs[0], 1);
    bool uniform = true;
    for (const Window& w : windows(op, shape(node.inputs[0]))) {
      const bool one_to_one = w.kernel == 1 && w.stride == 1 && w.output == w.input;
      uniform = uniform && (rules_.wide ? uniform_taps(w) : one_to_one);
    }
    if (!uniform) zero_shift(node.inputs[0]);
  }
  void rule(const Dense&, const Node& node) {
    make_constant_along(node.inputs[0], shape(node.inputs[0]).rank() - 1);
    make_constant_along(node.outputs[0], shape(node.outputs[0]).rank() - 1);
  }
  /// By a constant matrix it is a dense layer.
  void rule(const MatMul& op, const Node& node) {
    if (op.transpose_a || !is_constant(node.inputs[1]) || shape(node.inputs[1]).rank() != 2) return unknown(node);
    rule(Dense{}, node);
  }
  void rule(const BatchNorm& op, const Node& node) {
    const auto read = [&](Slot slot, double standard) {
      const Tensor* tensor = graph_.param(node, slot);
      return tensor ? tensor->to_vector<double>() : std::vector<double>(index(shape(node.inputs[0])[1]), standard);
    };
    const auto gamma = read(Slot::weight, 1), beta = read(Slot::bias, 0);
    const auto mean = read(Slot::mean, 0), var = read(Slot::var, 1);
    Norm norm{static_cast<NodeId>(&node - graph_.nodes.data()), {}, constant_along(node.inputs[0], 1)};
    const std::vector<Pair> after = constant_along(node.outputs[0], 1);
    norm.constant.insert(norm.constant.end(), after.begin(), after.end());
    for (std::size_t e = 0; e < size(node.inputs[0]); ++e) {
      const std::size_t c = along(node.inputs[0], 1, e);
      const double a = gamma[c] / std::sqrt(var[c] + op.eps);
      if (a == 0) throw std::runtime_error("the oracle knows nothing of norms with gamma = 0: " + node.name);
      norm.edges.push_back({at(node.inputs[0], e), at(node.outputs[0], e), a, beta[c] - a * mean[c]});
    }
    made_.norms.push_back(std::move(norm));
  }
  /// A norm's own scale and shift, where it has them, take any gauge.
  void rule(const GroupNorm& op, const Node& node) {
    pin(node.inputs[0]);
    if (op.affine) make_constant_along(node.outputs[0], 1);
    else pin(node.outputs[0]);
  }
  void rule(const Affine& op, const Node& node) {
    const std::size_t axis = resolve_axis(op.axis, shape(node.inputs[0]).rank());
    make_constant_along(node.inputs[0], axis);
    make_constant_along(node.outputs[0], axis);
  }
  /// Its values can be rewritten, whatever the gauge.
  void rule(const Constant&, const Node&) {}

  // ----- ops of several tensors -------------------------------------------------------------------------------------
  /// Whether the node is x with a constant of one value for all or per channel, which makes it an affine node.
  [[nodiscard]] bool is_affine(const Binary& op, const Node& node, std::size_t constant) const {
    if (node.inputs.size() != 2 || !is_constant(node.inputs[constant])) return false;
    if (op.kind == BinaryKind::div && constant == 0) return false;
    const Shape& k = shape(node.inputs[constant]);
    const Shape& y = shape(node.outputs[0]);
    if (y.rank() < 2 || shape(node.inputs[1 - constant]) != y) return false;
    return k.elements() == 1 || (k.rank() + 1 >= y.rank() && k[k.rank() + 1 - y.rank()] == k.elements());
  }
  void rule(const Binary& op, const Node& node) {
    const ValueId out = node.outputs[0];
    for (std::size_t i = 0; i < 2; ++i) {
      if (!is_affine(op, node, i)) continue;
      make_constant_along(node.inputs[1 - i], 1);
      return make_constant_along(out, 1);
    }
    if (!rules_.wide) return narrow_rule(op, node);
    if (op.kind == BinaryKind::div) return unknown(node);
    if (op.kind != BinaryKind::mul) return sum(op, node);
    for (std::size_t e = 0; e < size(out); ++e) {
      made_.products.push_back({at(out, e), operand(node, 0, e), operand(node, 1, e)});
    }
    for (const ValueId x : node.inputs) zero_shift(x);
    zero_shift(out);
  }
  /// The element of an operand that element `e` of the output is made of.
  [[nodiscard]] Element operand(const Node& node, std::size_t i, std::size_t e) const {
    return at(node.inputs[i], broadcast_source(shape(node.inputs[i]), shape(node.outputs[0]), e));
  }
  void sum(const Binary& op, const Node& node) {
    for (std::size_t e = 0; e < size(node.outputs[0]); ++e) {
      Sum sum{at(node.outputs[0], e), {}};
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        made_.equal_scale.emplace_back(operand(node, i, e), sum.out);
        sum.terms.emplace_back(operand(node, i, e), op.kind == BinaryKind::sub && i == 1 ? -1 : 1);
      }
      made_.sums.push_back(std::move(sum));
    }
  }
  void narrow_rule(const Binary& op, const Node& node) {
    const Shape& y = shape(node.outputs[0]);
    if (op.kind == BinaryKind::add || op.kind == BinaryKind::sub) {
      const auto lacks_channels = [&](ValueId x) { return shape(x).rank() != y.rank() || shape(x)[1] != y[1]; };
      return std::ranges::any_of(node.inputs, lacks_channels) ? unknown(node) : sum(op, node);
    }
    const auto is_gate = [&](std::size_t i) {
      const NodeId producer = graph_.value(node.inputs[i]).producer;
      return shape(node.inputs[i]) != y || (producer != none && graph_.node(producer).as<Activation>());
    };
    const std::size_t gate = op.kind == BinaryKind::mul && is_gate(0) && !is_gate(1) ? 0 : 1;
    if (shape(node.inputs[1 - gate]) != y) return unknown(node);
    for (std::size_t e = 0; e < size(node.outputs[0]); ++e)
      made_.equal(operand(node, 1 - gate, e), at(node.outputs[0], e));
    zero_shift(node.outputs[0]);
    pin(node.inputs[gate]);
  }

  // ----- linear ops without weights ---------------------------------------------------------------------------------
  /// An average of some inputs: equal gauges.
  void averages(const Node& node, bool keeps_sign = false) {
    std::vector<Shape> inputs;
    for (const ValueId x : node.inputs) inputs.push_back(shape(x));
    const auto dependences = probe(graph_, node, inputs);
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      for (std::size_t o = 0; o < dependences[k].size(); ++o) {
        const Element out = at(node.outputs[k], o);
        const Dependence& dependence = dependences[k][o];
        for (const auto& [i, e] : dependence.parts) made_.equal(at(node.inputs[i], e), out);
        if (keeps_sign) made_.positive.push_back(out);
        // Zeros counted among the averaged.
        if (std::abs(dependence.total - 1) > 1e-9) made_.zero_shift.push_back(out);
      }
    }
  }
  void rule(const Concat&, const Node& node) { averages(node); }
  void rule(const Split&, const Node& node) { averages(node); }
  void rule(const Slice&, const Node& node) { averages(node); }
  void rule(const ChannelShuffle&, const Node& node) { averages(node); }
  void rule(const Reshape&, const Node& node) { averages(node); }
  void rule(const Transpose&, const Node& node) { averages(node); }
  void rule(const Flatten&, const Node& node) { averages(node); }
  void rule(const Squeeze&, const Node& node) { averages(node); }
  void rule(const Unsqueeze&, const Node& node) { averages(node); }
  void rule(const GlobalPool& op, const Node& node) {
    Node mean = node;
    mean.op = GlobalPool{PoolKind::avg};
    const Shape& x = shape(node.inputs[0]);
    averages(mean, op.kind == PoolKind::max && (!rules_.wide || x.elements(2, x.rank()) > 1));
  }
  void rule(const AdaptiveAvgPool&, const Node& node) { averages(node); }
  void rule(const Reduce& op, const Node& node) {
    if (op.kind == ReduceKind::mean) averages(node);
    else unknown(node);
  }
  void rule(const Resize&, const Node& node) { averages(node); }
  void rule(const Identity&, const Node& node) { elementwise_equal(node); }
  void rule(const Pool& op, const Node& node) {
    Node mean = node;
    std::get<Pool>(mean.op).kind = PoolKind::avg;
    std::int64_t taps = 1;
    for (const Window& w : windows(op, shape(node.inputs[0]))) taps *= w.kernel;
    averages(mean, op.kind == PoolKind::max && taps > 1);
    if (op.kind != PoolKind::avg) return;
    whole_channels(node);
    const auto spans = windows(op, shape(node.inputs[0]));
    if (!rules_.wide && op.count_include_pad && std::ranges::any_of(spans, reads_padding)) zero_shift(node.inputs[0]);
  }
  void rule(const Pad& op, const Node& node) {
    if (op.mode != PadMode::constant) return averages(node);
    if (op.value != 0 && !op.pad_value) return unknown(node);
    if (op.pad_value) {
      make_constant_along(node.inputs[0], 1);
      make_constant_along(node.outputs[0], 1);
      Node zero = node;
      std::get<Pad>(zero.op).pad_value = false;
      zero.params.clear();
      const auto dependences = probe(graph_, zero, {shape(node.inputs[0])})[0];
      for (std::size_t o = 0; o < dependences.size(); ++o) {
        for (const auto& part : dependences[o].parts)
          made_.equal(at(node.inputs[0], part.second), at(node.outputs[0], o));
      }
      return;
    }
    averages(node);
    whole_channels(node);
  }
  /// A tensor's gauge is per channel, so zeros that get into a channel forbid a shift in all of it.
  void whole_channels(const Node& node) { make_constant_along(node.outputs[0], 1); }

  // ----- activations ------------------------------------------------------------------------------------------------
  void piecewise_linear(const Node& node) {
    elementwise_equal(node);
    if (rules_.clamp) return;
    positive(node.outputs[0]);
    zero_shift(node.outputs[0]);
  }
  void rule(const Activation& op, const Node& node) {
    const bool ray = op.kind == ActivationKind::relu || op.kind == ActivationKind::leaky_relu;
    const bool clip = op.kind == ActivationKind::clip && rules_.clamp;
    if (ray || clip) piecewise_linear(node);
    else unknown(node);
  }
  void rule(const PRelu&, const Node& node) { piecewise_linear(node); }
  /// Bounds and kinks per channel take whatever gauge there is.
  void moving(const Node& node, std::int64_t axis) {
    elementwise_equal(node);
    make_constant_along(node.inputs[0], resolve_axis(axis, shape(node.inputs[0]).rank()));
  }
  void rule(const Clamp& op, const Node& node) { moving(node, op.axis); }
  void rule(const Kinked& op, const Node& node) { moving(node, op.axis); }

  template <class T>
  void rule(const T&, const Node& node) {
    unknown(node);
  }

  const Graph& graph_;
  const OracleRules& rules_;
  std::vector<TensorType> types_;
  Constraints made_;
};

}  // namespace

Constraints derive_constraints(const Graph& graph, const OracleRules& rules) { return Deriver(graph, rules).derive(); }

}  // namespace banoff::test
