// What each op demands of the gauges around it: one overload per op, the table of folding-rules in code. An op that
// can absorb any gauge of a value (its weights are rewritten in absorb.cpp) demands nothing of it.
#include <algorithm>
#include <cmath>
#include <concepts>
#include <numeric>

#include "folding/gauge_system.hpp"
#include "folding/linear_op.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::gauge {

namespace {

/// Constants beyond this size keep the identity gauge instead of a variable per element.
constexpr std::int64_t max_constant_elements = 1 << 16;

/// One node seen by its rule.
class Rule {
 public:
  Rule(System& system, const Node& node) : system_(system), node_(node) {}

  [[nodiscard]] System& system() const { return system_; }
  [[nodiscard]] ValueId in(std::size_t i = 0) const { return node_.inputs.at(i); }
  [[nodiscard]] ValueId out() const { return node_.outputs.front(); }
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] NodeId id() const { return static_cast<NodeId>(&node_ - system_.graph().nodes.data()); }
  [[nodiscard]] const Shape& shape(ValueId value) const { return system_.shape(value); }
  [[nodiscard]] Mark because(Blocker blocker) const { return {blocker, node_.name}; }

  /// Nothing may change on either side.
  void barrier(Blocker blocker) const {
    for (const ValueId value : node_.inputs) system_.pin(value, because(blocker));
    for (const ValueId value : node_.outputs) {
      system_.make_whole(value);
      system_.pin(value, because(blocker));
    }
  }
  /// Input and output carry the same gauge per index of an axis.
  void same(std::size_t in_axis, std::size_t out_axis) const {
    system_.follow(out(), out_axis, system_.tie_along(in(), in_axis));
  }

 private:
  System& system_;
  const Node& node_;
};

void apply(const Conv& op, const Rule& r) {
  r.system().tie_along(r.in(), 1);
  r.system().make(r.out(), 1);
  if (!reads_zero_padding(op, r.shape(r.in()), r.system().open_in_space())) return;
  if (r.system().policy().borders.contains(r.id())) return r.system().prefer_plain(r.in());
  r.system().zero_shift(r.in(), r.because(Blocker::padding));
}

void apply(const ConvTranspose& op, const Rule& r) {
  r.system().tie_along(r.in(), 1);
  r.system().make(r.out(), 1);
  // Anything but a 1x1 kernel at stride 1 meets each input a position-dependent number of times.
  const auto all = [](const Spatial& s, std::int64_t v) {
    return std::ranges::all_of(s.values, [v](auto x) { return x == v; });
  };
  const bool pointwise = all(op.kernel, 1) && all(op.stride, 1) && all(op.output_padding, 0) &&
                         op.padding.mode == Padding::Mode::given && all(op.padding.begin, 0) && all(op.padding.end, 0);
  if (!pointwise) r.system().zero_shift(r.in(), r.because(Blocker::padding));
}

void apply(const Dense&, const Rule& r) {
  r.system().tie_along(r.in(), r.shape(r.in()).rank() - 1);
  r.system().make(r.out(), r.shape(r.out()).rank() - 1);
}

void apply(const MatMul&, const Rule& r) {
  if (constant_weight(r.system().graph(), r.node()) == none) return r.barrier(Blocker::unsupported_op);
  apply(Dense{}, r);
  r.system().pin(r.in(1), r.because(Blocker::unsupported_op));
}

void apply(const BatchNorm&, const Rule& r) {
  r.system().tie_along(r.in(), 1);
  r.system().make(r.out(), 1);
}

void apply(const Affine& op, const Rule& r) {
  const std::size_t axis = resolve_axis(op.axis, r.shape(r.in()).rank());
  r.system().tie_along(r.in(), axis);
  r.system().make(r.out(), axis);
}

/// add, sub: one scale for all, the output's shift is the sum of the inputs' shifts.
void sum(const Rule& r, const std::vector<double>& signs) {
  const std::size_t rank = r.shape(r.out()).rank();
  std::size_t axis = rank > 1 ? 1 : 0;
  for (const ValueId value : r.node().inputs) {
    const auto [first, last] = r.system().range(value);
    if (last - first > 1 && r.shape(value) == r.shape(r.out())) axis = r.system().axis_of(value);
  }
  const auto axis_in = [&](ValueId value) { return axis + r.shape(value).rank() - rank; };  // wraps when absent
  const auto spread = [&](ValueId value) {
    return axis + r.shape(value).rank() < rank || r.shape(value)[axis_in(value)] != r.shape(r.out())[axis];
  };
  if (rank == 0 || r.shape(r.out()).elements() == 0 || std::ranges::any_of(r.node().inputs, spread)) {
    return r.barrier(Blocker::unsupported_op);
  }
  r.system().make(r.out(), axis);
  const std::vector<VarId> outs = r.system().along(r.out(), axis);
  std::vector<Sum> sums;
  for (const VarId out : outs) sums.push_back({{-1.0, out}});
  for (std::size_t i = 0; i < r.node().inputs.size(); ++i) {
    const std::vector<VarId> vars = r.system().tie_along(r.in(i), axis_in(r.in(i)));
    for (std::size_t c = 0; c < outs.size(); ++c) sums[c].emplace_back(signs[i], vars[c]);
  }
  for (Sum& terms : sums) r.system().sum(std::move(terms));
}

/// mul, div: the gate keeps its values, the other operand may be scaled, and nothing shifted. The gate is an operand
/// that an activation made or that is broadcast; of two others, the second.
void product(const Rule& r, BinaryKind kind) {
  const Shape& shape = r.shape(r.out());
  const auto is_gate = [&](std::size_t i) {
    const NodeId producer = r.system().graph().value(r.in(i)).producer;
    return r.shape(r.in(i)) != shape || (producer != none && r.system().graph().node(producer).as<Activation>());
  };
  const std::size_t gate = kind == BinaryKind::mul && is_gate(0) && !is_gate(1) ? 0 : 1;
  const ValueId scaled = r.in(1 - gate);
  if (r.shape(scaled) != shape || shape.rank() == 0) return r.barrier(Blocker::product);
  r.system().share(r.out(), scaled);
  r.system().zero_shift(scaled, r.because(Blocker::product));
  r.system().pin(r.in(gate), r.because(Blocker::product));
}

void apply(const Binary& op, const Rule& r) {
  if (op.kind == BinaryKind::mul || op.kind == BinaryKind::div) return product(r, op.kind);
  std::vector<double> signs(r.node().inputs.size(), 1.0);
  if (op.kind == BinaryKind::sub) signs.at(1) = -1.0;
  sum(r, signs);
}

void apply(const Concat& op, const Rule& r) {
  const std::size_t joined = resolve_axis(op.axis, r.shape(r.out()).rank());
  std::size_t axis = joined;
  for (const ValueId value : r.node().inputs) {
    const auto [first, last] = r.system().range(value);
    if (last - first > 1) axis = r.system().axis_of(value);
  }
  std::vector<VarId> vars;
  for (const ValueId value : r.node().inputs) {
    const std::vector<VarId> part = r.system().tie_along(value, axis);
    if (axis == joined) {
      vars.insert(vars.end(), part.begin(), part.end());
    } else if (vars.empty()) {
      vars = part;
    } else {
      for (std::size_t i = 0; i < part.size(); ++i) r.system().equal(vars[i], part[i]);
    }
  }
  r.system().follow(r.out(), axis, vars);
}

void apply(const Split& op, const Rule& r) {
  const Shape& shape = r.shape(r.in());
  const std::size_t cut = resolve_axis(op.axis, shape.rank());
  const std::size_t axis = r.system().axis_of(r.in());
  const std::vector<VarId> vars = r.system().tie_along(r.in(), axis);
  const Ints sizes = split_sizes(op, shape);
  auto from = vars.begin();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto to = axis == cut ? from + sizes[i] : vars.end();
    r.system().follow(r.node().outputs[i], axis, {from, to});
    if (axis == cut) from = to;
  }
}

void apply(const Slice& op, const Rule& r) {
  const std::size_t axis = r.system().axis_of(r.in());
  const std::vector<VarId> vars = r.system().tie_along(r.in(), axis);
  const ResolvedSlice slice = resolve(op, r.shape(r.in()));
  std::vector<VarId> kept;
  for (std::int64_t i = 0; i < slice.shape[axis]; ++i) {
    kept.push_back(vars[static_cast<std::size_t>(slice.begin[axis] + i * slice.step[axis])]);
  }
  r.system().follow(r.out(), axis, kept);
}

void apply(const ChannelShuffle& op, const Rule& r) {
  const std::vector<VarId> vars = r.system().tie_along(r.in(), 1);
  const auto groups = static_cast<std::size_t>(op.groups);
  const std::size_t width = vars.size() / groups;
  std::vector<VarId> shuffled;
  for (std::size_t i = 0; i < vars.size(); ++i) shuffled.push_back(vars[i % groups * width + i / groups]);
  r.system().follow(r.out(), 1, shuffled);
}

// The order of the elements in memory stays, and with it which element belongs to which channel.
void apply(const Reshape&, const Rule& r) { r.system().share(r.out(), r.in()); }
void apply(const Flatten&, const Rule& r) { r.system().share(r.out(), r.in()); }
void apply(const Squeeze&, const Rule& r) { r.system().share(r.out(), r.in()); }
void apply(const Unsqueeze&, const Rule& r) { r.system().share(r.out(), r.in()); }
void apply(const Identity&, const Rule& r) { r.system().share(r.out(), r.in()); }

/// The channels may be spread over neighbouring axes (a channel shuffle spelled out): these must stay neighbours.
void apply(const Transpose& op, const Rule& r) {
  const Shape& shape = r.shape(r.in());
  const auto [first, last] = r.system().range(r.in());
  if (last - first == 1) {
    r.system().make_whole(r.out());
    return r.system().equal(first, r.system().range(r.out()).first);
  }
  std::size_t end = shape.rank();
  while (end > 0 && shape.elements(end, shape.rank()) < r.system().inner(r.in())) --end;
  std::size_t begin = end;
  while (begin > 0 && shape.elements(begin, end) < last - first) --begin;
  if (shape.elements(end, shape.rank()) != r.system().inner(r.in()) || shape.elements(begin, end) != last - first) {
    return r.barrier(Blocker::unsupported_op);
  }
  // Axes of size 1 hold nothing and may go anywhere.
  while (end > begin && shape[end - 1] == 1) --end;
  while (begin < end && shape[begin] == 1) ++begin;
  // The output axes that hold channels, in their new order.
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < op.perm.size(); ++i) {
    const std::size_t from = resolve_axis(op.perm[i], shape.rank());
    if (from >= begin && from < end && shape[from] > 1) places.push_back(i);
  }
  if (r.shape(r.out()).elements(places.front(), places.back() + 1) != last - first) {
    return r.barrier(Blocker::unsupported_op);
  }
  std::vector<VarId> vars{first};
  for (const std::size_t place : places) {
    const std::size_t from = resolve_axis(op.perm[place], shape.rank());
    std::vector<VarId> wider;
    for (const VarId var : vars) {
      for (std::int64_t i = 0; i < shape[from]; ++i) {
        wider.push_back(var + static_cast<VarId>(i * shape.elements(from + 1, end)));
      }
    }
    vars = std::move(wider);
  }
  r.system().follow(r.out(), places.front(), places.back() + 1, vars);
}

void apply(const Pad& op, const Rule& r) {
  const Shape& shape = r.shape(r.in());
  const std::size_t axis = r.system().axis_of(r.in());
  const bool grows = r.shape(r.out())[axis] != shape[axis];
  const bool plain = op.mode == PadMode::constant && !op.pad_value;
  if (grows || (plain && op.value != 0.0) || (op.pad_value && axis != 1)) return r.barrier(Blocker::padding);
  r.same(axis, axis);
  if (plain && r.shape(r.out()) != shape) r.system().zero_shift(r.in(), r.because(Blocker::padding));
}

void apply(const Pool& op, const Rule& r) {
  r.same(1, 1);
  const auto spans = windows(op, r.shape(r.in()));
  const bool single = std::ranges::all_of(spans, [](const Window& w) { return w.kernel == 1; });
  if (op.kind == PoolKind::max && !single) r.system().positive(r.in(), r.because(Blocker::sign));
  const bool counts_padding = op.kind == PoolKind::avg && op.count_include_pad;
  if (counts_padding && reads_padding(op, r.shape(r.in()), r.system().open_in_space())) {
    r.system().zero_shift(r.in(), r.because(Blocker::padding));
  }
}

void apply(const GlobalPool& op, const Rule& r) {
  r.same(1, 1);
  if (op.kind == PoolKind::max) r.system().positive(r.in(), r.because(Blocker::sign));
}

void apply(const AdaptiveAvgPool&, const Rule& r) { r.same(1, 1); }

void apply(const Reduce& op, const Rule& r) {
  if (op.kind != ReduceKind::mean) return r.barrier(Blocker::unsupported_op);
  const std::size_t axis = r.system().axis_of(r.in());
  std::size_t out_axis = axis;
  for (const std::int64_t each : op.axes) {
    const std::size_t reduced = resolve_axis(each, r.shape(r.in()).rank());
    if (reduced == axis) return r.barrier(Blocker::unsupported_op);
    if (!op.keep_dims && reduced < axis) --out_axis;
  }
  r.same(axis, out_axis);
}

void apply(const Resize&, const Rule& r) { r.same(1, 1); }

/// Weights may not be there yet: a network is also solved for its structure alone.
bool is_finite(const Tensor* tensor) {
  if (tensor == nullptr || !*tensor) return true;
  return std::ranges::all_of(tensor->to_vector<double>(), [](double value) { return std::isfinite(value); });
}

void apply(const Constant& op, const Rule& r) {
  const bool small = r.shape(r.out()).elements() <= max_constant_elements;
  if (!small || !is_float(op.type) || !is_finite(r.system().graph().param(r.node(), Slot::value))) {
    return r.barrier(Blocker::unsupported_op);
  }
  r.system().make_elements(r.out());
}

/// Piecewise linear activations commute with gauges if their kinks and bounds move along (docs/folding.md). One whose
/// only kink is at 0 is left as it is by a positive scale.
void piecewise(const Rule& r, bool kink_at_zero) {
  const Policy& policy = r.system().policy();
  const std::size_t axis = r.system().axis_of(r.in());
  const bool movable = policy.clamps && r.shape(r.in()).rank() > 0 && r.system().uniform_along(r.in(), axis);
  if (!policy.cross_activations || !(movable || kink_at_zero)) return r.barrier(Blocker::activation);
  r.system().share(r.out(), r.in());
  if (movable) return r.system().prefer_plain(r.in());
  r.system().zero_shift(r.in(), r.because(Blocker::activation));
  r.system().positive(r.in(), r.because(Blocker::activation));
}

void apply(const Activation& op, const Rule& r) {
  switch (op.kind) {
    case ActivationKind::relu:
    case ActivationKind::leaky_relu: return piecewise(r, true);
    case ActivationKind::clip: return piecewise(r, false);
    default: return r.barrier(Blocker::activation);
  }
}
void apply(const PRelu&, const Rule& r) { piecewise(r, true); }

/// Bounds and kinks per channel move with any gauge and stay what they are.
void moving(const Rule& r, std::int64_t op_axis) {
  if (!r.system().policy().cross_activations) return r.barrier(Blocker::activation);
  const std::size_t axis = resolve_axis(op_axis, r.shape(r.in()).rank());
  r.system().tie_along(r.in(), axis);
  r.system().share(r.out(), r.in());
}

void apply(const Clamp& op, const Rule& r) { moving(r, op.axis); }
void apply(const Kinked& op, const Rule& r) { moving(r, op.axis); }
void apply(const Softmax&, const Rule& r) { r.barrier(Blocker::activation); }

/// What no gauge passes.
template <class Op, class... Ops>
concept OneOf = (std::same_as<Op, Ops> || ...);
template <
    OneOf<GroupNorm, Lrn, LayerNorm, Cast, DecodeBoxes, Nms, RoiAlign, PickChannel, Unary, Compare, Pair, Where,
          ArgReduce, TopK, Cumulate, Expand, Gather, GatherElements, GatherNd, ScatterElements, ScatterNd, SelectBoxes,
          MaxPoolIndices, GridSample, RoiAlignBatch, Opaque, Recurrent, Quantize, Dequantize, FakeQuantize>
        Op>
void apply(const Op&, const Rule& r) {
  r.barrier(Blocker::unsupported_op);
}

/// Of its inputs only the sizes count.
void apply(const Anchors&, const Rule& r) {
  r.system().make_whole(r.out());
  r.system().pin(r.out(), r.because(Blocker::unsupported_op));
}

}  // namespace

void constrain(System& system, const Node& node) {
  std::visit([&](const auto& op) { apply(op, Rule(system, node)); }, node.op);
}

}  // namespace banoff::gauge
