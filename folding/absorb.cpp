#include "folding/absorb.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "folding/absorb_activation.hpp"
#include "folding/linear_op.hpp"

namespace banoff::gauge {

namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// One node about to be rewritten, with the gauges around it as plain affine maps.
class Rewrite {
 public:
  Rewrite(Weights& weights, NodeId id, const System& system, const Assignment& assignment, const Limits& limits)
      : weights_(weights), id_(id), system_(system), assignment_(assignment), limits_(limits) {
    const Node& self = node();
    done_.of_input = std::ranges::any_of(self.inputs, [&](ValueId v) { return touched(v); });
    done_.of_output = std::ranges::any_of(self.outputs, [&](ValueId v) { return touched(v); });
  }

  [[nodiscard]] Node& node() const { return weights_.graph().node(id_); }
  [[nodiscard]] Weights& weights() const { return weights_; }
  [[nodiscard]] NodeId id() const { return id_; }
  [[nodiscard]] const System& system() const { return system_; }
  [[nodiscard]] Absorbed done() const { return done_; }
  [[nodiscard]] Absorbed done_with_clamp() const { return {false, false, true}; }

  /// original = scale * stored + shift, per index of the input's axis.
  [[nodiscard]] AffineMap reads(std::size_t axis) const {
    AffineMap map;
    for (const VarId var : system_.along(node().inputs[0], axis)) {
      const Gauge gauge = gauge_of(var);
      push(map, gauge.den, gauge.num, -gauge.shift, limits_.reading);
    }
    return map;
  }
  /// stored = scale * original + shift, per index of the output's axis.
  [[nodiscard]] AffineMap writes(std::size_t axis) const { return writes(system_.along(node().outputs[0], axis)); }
  [[nodiscard]] AffineMap writes(const std::vector<VarId>& vars) const {
    AffineMap map;
    for (const VarId var : vars) {
      const Gauge gauge = gauge_of(var);
      push(map, gauge.num, gauge.den, gauge.shift, limits_.writing);
    }
    return map;
  }
  /// The map through an activation. What is forgotten is a constant, and passes only as the 0 that `keeps_zero` keeps.
  [[nodiscard]] AffineMap passes(std::size_t axis, bool keeps_zero) const {
    AffineMap map;
    for (const VarId var : system_.along(node().inputs[0], axis)) {
      const Gauge gauge = gauge_of(var);
      if (gauge.den == 0.0 && gauge.shift == 0.0 && keeps_zero) push(map, 1.0, 1.0, 0.0, limits_.writing);
      else push(map, gauge.num, gauge.den, gauge.shift, limits_.writing);
    }
    return map;
  }

 private:
  [[nodiscard]] bool touched(ValueId value) const { return assignment_.touches(system_.range(value)); }
  [[nodiscard]] Gauge gauge_of(VarId var) const {
    const Gauge* gauge = assignment_.find(var);
    return gauge ? *gauge : Gauge{};
  }
  void push(AffineMap& map, double numerator, double denominator, double shift, double limit) const {
    if (denominator == 0.0) throw Refused{Blocker::zero_scale, node().name};
    const double scale = numerator / denominator;
    if (!(std::abs(scale) <= limit)) throw Refused{Blocker::amplification, node().name};
    map.scale.push_back(scale);
    map.shift.push_back(shift / denominator);
  }

  Weights& weights_;
  NodeId id_;
  const System& system_;
  const Assignment& assignment_;
  const Limits& limits_;
  Absorbed done_;
};

bool all_zero(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double v) { return v == 0.0; });
}

/// y = W x + b with x = p x' + q and y' = s y + h: W' = s W p, b' = s (b + W q) + h.
/// Returns whether the node now has a bias.
bool rewrite(const Rewrite& r, const LinearOp& linear, const AffineMap& in, const AffineMap& out) {
  const Tensor& weight = *r.weights().graph().param(r.node(), Slot::weight);
  const DType type = weight.dtype();
  const Shape shape = weight.shape();
  const bool biased = r.node().param(Slot::bias) != none;
  std::vector<double> values = weight.to_vector<double>();
  std::vector<double> bias = r.weights().get(r.id(), Slot::bias, index(linear.outputs()), 0.0);
  // All taps of one weight row connect the same two channels.
  for (std::int64_t row = 0; row < linear.outer * linear.middle; ++row) {
    const std::size_t from = index(linear.in_channel(row * linear.taps));
    const std::size_t to = index(linear.out_channel(row * linear.taps));
    double* taps = values.data() + row * linear.taps;
    const double factor = in.scale[from] * out.scale[to];
    double sum = 0;
    for (std::int64_t i = 0; i < linear.taps; ++i) {
      sum += taps[i];
      taps[i] *= factor;
    }
    bias[to] += sum * in.shift[from];
  }
  for (std::size_t c = 0; c < bias.size(); ++c) bias[c] = out.scale[c] * bias[c] + out.shift[c];
  r.weights().set(r.id(), Slot::weight, shape, std::move(values), type);
  if (!biased && all_zero(bias)) return false;
  const Shape length{std::ssize(bias)};
  r.weights().set(r.id(), Slot::bias, length, std::move(bias), type);
  return true;
}

/// A padding of `slot` per channel takes the gauge of what it pads: it stays what it was in the old one.
void rewrite_pad_value(const Rewrite& r, const std::vector<VarId>& vars) {
  const Tensor& pad = *r.weights().graph().param(r.node(), Slot::pad_value);
  const DType type = pad.dtype();
  std::vector<double> values = pad.to_vector<double>();
  const AffineMap map = r.writes(vars);
  for (std::size_t c = 0; c < values.size(); ++c) values[c] = map.scale[c] * values[c] + map.shift[c];
  const Shape length{std::ssize(values)};
  r.weights().set(r.id(), Slot::pad_value, length, std::move(values), type);
}

LinearOp linear_op(const Shape& weight, std::int64_t groups, bool transposed) {
  return {weight[0], weight[1], weight.elements(2, weight.rank()), groups, transposed};
}

/// Zeros around an input whose gauge has a shift are that shift: the conv gets a padding value per channel.
void give_pad_value(const Rewrite& r, const Conv& op) {
  const AffineMap map = r.writes(r.system().along(r.node().inputs[0], 1));
  const auto spans = windows(op, r.system().shape(r.node().inputs[0]));
  if (op.pad_value || all_zero(map.shift) || std::ranges::none_of(spans, reads_padding)) return;
  const DType type = r.weights().graph().param(r.node(), Slot::weight)->dtype();
  const Shape length{std::ssize(map.shift)};
  std::get<Conv>(r.node().op).pad_value = true;
  r.weights().set(r.id(), Slot::pad_value, length, map.shift, type);
}

Absorbed apply(const Conv& op, const Rewrite& r) {
  if (op.pad_value) rewrite_pad_value(r, r.system().along(r.node().inputs[0], 1));
  else if (r.system().policy().borders.contains(r.id())) give_pad_value(r, op);
  const Shape shape = r.weights().graph().param(r.node(), Slot::weight)->shape();
  const std::int64_t groups = groups_of(op, r.system().shape(r.node().inputs[0]));
  const bool biased = rewrite(r, linear_op(shape, groups, false), r.reads(1), r.writes(1));
  auto& changed = std::get<Conv>(r.node().op);
  changed.bias = biased;
  changed.weight_standardization.reset();  // a property of the weights that were
  return r.done();
}

Absorbed apply(const ConvTranspose& op, const Rewrite& r) {
  const Shape shape = r.weights().graph().param(r.node(), Slot::weight)->shape();
  const bool biased = rewrite(r, linear_op(shape, op.groups, true), r.reads(1), r.writes(1));
  std::get<ConvTranspose>(r.node().op).bias = biased;
  return r.done();
}

Absorbed apply(const Dense&, const Rewrite& r) {
  const Shape shape = r.weights().graph().param(r.node(), Slot::weight)->shape();
  const std::size_t in_axis = r.system().shape(r.node().inputs[0]).rank() - 1;
  const std::size_t out_axis = r.system().shape(r.node().outputs[0]).rank() - 1;
  std::get<Dense>(r.node().op).bias = rewrite(r, linear_op(shape, 1, false), r.reads(in_axis), r.writes(out_axis));
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
  r.weights().set(r.id(), Slot::weight, shape, std::move(values), matrix.dtype());
  return apply(Dense{outputs, false}, r);
}

Absorbed apply(const BatchNorm& op, const Rewrite& r) {
  const AffineMap in = r.reads(1);
  const AffineMap out = r.writes(1);
  const std::size_t channels = in.scale.size();
  const DType type = r.weights().graph().param(r.node(), Slot::mean)->dtype();
  std::vector<double> mean = r.weights().get(r.id(), Slot::mean, channels, 0.0);
  const std::vector<double> var = r.weights().get(r.id(), Slot::var, channels, 1.0);
  std::vector<double> gamma = r.weights().get(r.id(), Slot::weight, channels, 1.0);
  std::vector<double> beta = r.weights().get(r.id(), Slot::bias, channels, 0.0);
  for (std::size_t c = 0; c < channels; ++c) {
    if (in.scale[c] != 0.0) {
      mean[c] = (mean[c] - in.shift[c]) / in.scale[c];
    } else {
      beta[c] += gamma[c] / std::sqrt(var[c] + op.eps) * (in.shift[c] - mean[c]);
    }
    gamma[c] *= in.scale[c] * out.scale[c];
    beta[c] = beta[c] * out.scale[c] + out.shift[c];
  }
  const Shape length{std::ssize(mean)};
  std::get<BatchNorm>(r.node().op).affine = true;
  r.weights().set(r.id(), Slot::weight, length, std::move(gamma), type);
  r.weights().set(r.id(), Slot::bias, length, std::move(beta), type);
  r.weights().set(r.id(), Slot::mean, length, std::move(mean), type);
  return r.done();
}

Absorbed apply(const Affine& op, const Rewrite& r) {
  const std::size_t axis = resolve_axis(op.axis, r.system().shape(r.node().inputs[0]).rank());
  const AffineMap in = r.reads(axis);
  const AffineMap out = r.writes(axis);
  const auto& params = r.node().params;
  const DType type = params.empty() ? r.weights().new_type() : r.weights().graph().param(params.front().second).dtype();
  std::vector<double> scale = r.weights().get(r.id(), Slot::weight, in.scale.size(), 1.0);
  std::vector<double> shift = r.weights().get(r.id(), Slot::bias, in.scale.size(), 0.0);
  for (std::size_t c = 0; c < scale.size(); ++c) {
    shift[c] = out.scale[c] * (scale[c] * in.shift[c] + shift[c]) + out.shift[c];
    scale[c] *= in.scale[c] * out.scale[c];
  }
  auto& changed = std::get<Affine>(r.node().op);
  changed.scale = changed.shift = true;
  const Shape length{std::ssize(scale)};
  r.weights().set(r.id(), Slot::weight, length, std::move(scale), type);
  r.weights().set(r.id(), Slot::bias, length, std::move(shift), type);
  return r.done();
}

Absorbed apply(const Constant&, const Rewrite& r) {
  if (!r.done().of_output) return {};
  const Tensor value = *r.weights().graph().param(r.node(), Slot::value);
  std::vector<VarId> vars;
  for (std::int64_t i = 0; i < value.elements(); ++i) vars.push_back(r.system().of_element(r.node().outputs[0], i));
  const AffineMap map = r.writes(vars);
  std::vector<double> values = value.to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = map.scale[i] * values[i] + map.shift[i];
  r.weights().set(r.id(), Slot::value, value.shape(), std::move(values), value.dtype());
  return r.done();
}

Absorbed apply(const Pad& op, const Rewrite& r) {
  if (op.pad_value) rewrite_pad_value(r, r.system().along(r.node().inputs[0], 1));
  return {};
}

void set_bounds(const Rewrite& r, std::size_t axis, const Bounds& bounds) {
  const DType type = r.weights().new_type();
  Clamp op{static_cast<std::int64_t>(axis), false, false};
  const auto finite = [](double bound) { return std::isfinite(bound); };
  op.lower = std::ranges::any_of(bounds.lower, finite);
  op.upper = std::ranges::any_of(bounds.upper, finite);
  const Shape length{std::ssize(bounds.lower)};
  r.node().op = op;
  std::erase_if(r.node().params, [&](const auto& param) {
    return (param.first == Slot::lower && !op.lower) || (param.first == Slot::upper && !op.upper);
  });
  if (op.lower) r.weights().set(r.id(), Slot::lower, length, bounds.lower, type);
  if (op.upper) r.weights().set(r.id(), Slot::upper, length, bounds.upper, type);
}

void set_kinks(const Rewrite& r, std::size_t axis, const Kinks& kinks) {
  const DType type = r.weights().new_type();
  r.node().op = Kinked{static_cast<std::int64_t>(axis)};
  std::erase_if(r.node().params, [](const auto& param) { return param.first == Slot::weight; });
  const Shape length{std::ssize(kinks.kink)};
  r.weights().set(r.id(), Slot::kink, length, kinks.kink, type);
  r.weights().set(r.id(), Slot::below, length, kinks.below, type);
  r.weights().set(r.id(), Slot::above, length, kinks.above, type);
}

Absorbed apply(const Activation& op, const Rewrite& r) {
  if (!r.done().of_input) return {};
  const std::size_t axis = r.system().axis_of(r.node().inputs[0]);
  const bool clip = op.kind == ActivationKind::clip;
  const AffineMap map = r.passes(axis, !clip);
  if (!clip && is_plain(map)) return {};
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (clip) set_bounds(r, axis, moved(Bounds{{op.alpha}, {op.beta}}, map));
  else if (op.kind == ActivationKind::relu) set_bounds(r, axis, moved(Bounds{{0.0}, {infinity}}, map));
  else set_kinks(r, axis, moved(Kinks{{0.0}, {op.alpha}, {1.0}}, map));
  return r.done_with_clamp();
}

Absorbed apply(const PRelu&, const Rewrite& r) {
  if (!r.done().of_input) return {};
  const AffineMap map = r.passes(1, true);
  if (is_plain(map)) return {};
  const Tensor slope = *r.weights().graph().param(r.node(), Slot::weight);
  set_kinks(r, 1, moved(Kinks{{0.0}, slope.to_vector<double>(), {1.0}}, map));
  return r.done_with_clamp();
}

Absorbed apply(const Clamp& op, const Rewrite& r) {
  if (!r.done().of_input) return {};
  const std::size_t axis = resolve_axis(op.axis, r.system().shape(r.node().inputs[0]).rank());
  const AffineMap map = r.passes(axis, false);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Bounds bounds{r.weights().get(r.id(), Slot::lower, map.scale.size(), -infinity),
                      r.weights().get(r.id(), Slot::upper, map.scale.size(), infinity)};
  set_bounds(r, axis, moved(bounds, map));
  return r.done_with_clamp();
}

Absorbed apply(const Kinked& op, const Rewrite& r) {
  if (!r.done().of_input) return {};
  const std::size_t axis = resolve_axis(op.axis, r.system().shape(r.node().inputs[0]).rank());
  const AffineMap map = r.passes(axis, false);
  const Kinks kinks{r.weights().get(r.id(), Slot::kink, map.scale.size(), 0.0),
                    r.weights().get(r.id(), Slot::below, map.scale.size(), 0.0),
                    r.weights().get(r.id(), Slot::above, map.scale.size(), 0.0)};
  set_kinks(r, axis, moved(kinks, map));
  return r.done_with_clamp();
}

// All other ops pass gauges on or keep them away.
template <class T>
Absorbed apply(const T&, const Rewrite&) {
  return {};
}

}  // namespace

Absorbed absorb(Weights& weights, NodeId id, const System& system, const Assignment& assignment, const Limits& limits) {
  const Op op = weights.graph().node(id).op;
  return std::visit([&](const auto& each) { return apply(each, Rewrite(weights, id, system, assignment, limits)); },
                    op);
}

}  // namespace banoff::gauge
