// The folded network that a solution of the oracle stands for, so that its claims can be computed.
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <stdexcept>

#include "kernels/reference/reference.hpp"
#include "runtime/graph/signature.hpp"
#include "tests/folding/oracle.hpp"

namespace banoff::test {

namespace {

std::size_t index(std::int64_t id) { return static_cast<std::size_t>(id); }

class Rewriter {
 public:
  Rewriter(const Graph& graph, const Gauges& gauges, const std::vector<NodeId>& removed)
      : graph_(graph), gauges_(gauges), removed_(removed.begin(), removed.end()), types_(infer_types(graph)) {}

  Graph rewrite() {
    value_.assign(graph_.values.size(), none);
    made_.name = graph_.name;
    for (const GraphInput& input : graph_.inputs) {
      value_[index(input.value)] = made_.add_input(graph_.value(input.value).name, input.dtype, input.dims);
    }
    for (const NodeId id : graph_.live_ids()) {
      const Node& node = graph_.node(id);
      if (removed_.contains(id)) value_[index(node.outputs[0])] = input(node);
      else std::visit([&](const auto& op) { emit(op, node); }, node.op);
    }
    for (const GraphOutput& output : graph_.outputs) made_.add_output(output.name, value_[index(output.value)]);
    return made_;
  }

 private:
  [[nodiscard]] const Shape& shape(ValueId value) const { return types_[index(value)].shape; }
  [[nodiscard]] ValueId input(const Node& node, std::size_t i = 0) const { return value_[index(node.inputs[i])]; }
  [[nodiscard]] std::vector<double> read(const Node& node, Slot slot, std::size_t size, double standard) const {
    const Tensor* tensor = graph_.param(node, slot);
    return tensor ? tensor->to_vector<double>() : std::vector<double>(size, standard);
  }

  /// The gauge per index of an axis; nothing where it varies along another one.
  [[nodiscard]] std::optional<ElementGauge> try_along(ValueId value, std::size_t axis) const {
    const Shape& of = shape(value);
    const ElementGauge& all = gauges_[index(value)];
    const std::size_t inner = index(of.elements(axis + 1, of.rank()));
    const std::size_t size = index(of[axis]);
    ElementGauge gauge{std::vector<double>(size), std::vector<double>(size)};
    for (std::size_t c = 0; c < size; ++c) gauge.scale[c] = all.scale[c * inner], gauge.shift[c] = all.shift[c * inner];
    const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-9 * (1 + std::abs(a)); };
    for (std::size_t e = 0; e < all.scale.size(); ++e) {
      const std::size_t c = e / inner % size;
      if (!near(all.scale[e], gauge.scale[c]) || !near(all.shift[e], gauge.shift[c])) return std::nullopt;
    }
    return gauge;
  }
  [[nodiscard]] ElementGauge along(ValueId value, std::size_t axis) const {
    if (auto gauge = try_along(value, axis)) return *gauge;
    throw std::runtime_error("the gauge of " + graph_.value(value).name + " varies within a channel");
  }

  Node copy(const Node& node) {
    Node result = node;
    result.params.clear();
    for (const auto& [slot, id] : node.params) set(result, slot, graph_.param(id));
    for (ValueId& value : result.inputs) value = value_[index(value)];
    return result;
  }
  void set(Node& node, Slot slot, Tensor value) {
    std::erase_if(node.params, [&](const auto& param) { return param.first == slot; });
    node.params.emplace_back(slot, made_.add_param(node.name + "." + std::string(slot_name(slot)), std::move(value)));
  }
  void set(Node& node, Slot slot, std::vector<double> values) {
    const std::int64_t size = std::ssize(values);
    set(node, slot, Tensor::of<double>({size}, std::move(values)));
  }
  void add(Node node, const Node& old) {
    const std::size_t count = old.outputs.size();
    const NodeId id = made_.add_node(std::move(node), count);
    for (std::size_t i = 0; i < count; ++i) value_[index(old.outputs[i])] = made_.node(id).outputs[i];
  }
  /// y = a x + d on the original values, seen in gauges.
  void add_affine(const Node& old, ValueId x, std::size_t axis, std::vector<double> a, std::vector<double> d) {
    const ElementGauge in = along(x, axis);
    const ElementGauge out = along(old.outputs[0], axis);
    for (std::size_t c = 0; c < a.size(); ++c) {
      d[c] = out.scale[c] * (d[c] - a[c] * in.shift[c] / in.scale[c]) + out.shift[c];
      a[c] *= out.scale[c] / in.scale[c];
    }
    Node node;
    node.name = old.name;
    node.op = Affine{static_cast<std::int64_t>(axis), true, true};
    node.inputs = {value_[index(x)]};
    set(node, Slot::weight, std::move(a));
    set(node, Slot::bias, std::move(d));
    add(std::move(node), old);
  }
  /// An affine node of its own.
  [[nodiscard]] ValueId map(ValueId x, const std::string& name, std::size_t axis, std::vector<double> a,
                            std::vector<double> d) {
    Node node;
    node.name = name;
    node.op = Affine{static_cast<std::int64_t>(axis), true, true};
    node.inputs = {x};
    set(node, Slot::weight, std::move(a));
    set(node, Slot::bias, std::move(d));
    return made_.node(made_.add_node(std::move(node))).outputs[0];
  }

  /// y = L(x) + b becomes L'(x') + s b + h - L'(h_in), where L' is L between the two scales.
  void emit_linear(Node node, const Node& old,
                   const std::function<std::pair<std::size_t, std::size_t>(std::size_t)>& ends, std::size_t in_axis,
                   std::size_t out_axis) {
    const ElementGauge in = along(old.inputs[0], in_axis);
    const ElementGauge out = along(old.outputs[0], out_axis);
    const Tensor& weight = *graph_.param(old, Slot::weight);
    std::vector<double> values = weight.to_vector<double>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto [from, to] = ends(i);
      values[i] *= out.scale[to] / in.scale[from];
    }
    set(node, Slot::weight, Tensor::of<double>(weight.shape(), std::move(values)));
    std::vector<double> bias = read(old, Slot::bias, out.scale.size(), 0);
    set(node, Slot::bias, std::vector<double>(bias.size(), 0.0));
    const std::vector<double> padding = read(old, Slot::pad_value, in.scale.size(), 0);
    if (node.param(Slot::pad_value) != none) set(node, Slot::pad_value, in.shift);
    const Tensor shifts = Tensor::of<double>(shape(old.inputs[0]), gauges_[index(old.inputs[0])].shift);
    const std::vector<double> seen =
        reference::compute<double>(made_, with_outputs(node, old), {shifts})[0].to_vector<double>();
    const std::size_t inner = index(shape(old.outputs[0]).elements(out_axis + 1, shape(old.outputs[0]).rank()));
    for (std::size_t c = 0; c < bias.size(); ++c) bias[c] = out.scale[c] * bias[c] + out.shift[c] - seen[c * inner];
    for (std::size_t e = 0; e < seen.size(); ++e) {
      if (std::abs(seen[e] - seen[e / inner % bias.size() * inner]) > 1e-9 * (1 + std::abs(seen[e]))) {
        throw std::runtime_error("the shift at " + old.name + " depends on the position");
      }
    }
    set(node, Slot::bias, std::move(bias));
    if (node.param(Slot::pad_value) != none) {
      std::vector<double> pad(padding.size());
      for (std::size_t c = 0; c < pad.size(); ++c) pad[c] = in.scale[c] * padding[c] + in.shift[c];
      set(node, Slot::pad_value, std::move(pad));
    }
    add(std::move(node), old);
  }
  /// compute() asks a node for its number of outputs.
  [[nodiscard]] static Node with_outputs(Node node, const Node& old) {
    node.outputs = old.outputs;
    return node;
  }

  void emit(const Conv& op, const Node& old) {
    Node node = copy(old);
    std::get<Conv>(node.op).bias = true;
    const Shape weight = graph_.param(old, Slot::weight)->shape();
    const std::size_t width = index(weight[1]), taps = index(weight.elements(2, weight.rank()));
    const std::size_t per_group = index(op.out / groups_of(op, shape(old.inputs[0])));
    emit_linear(
        std::move(node), old,
        [=](std::size_t i) {
          const std::size_t out = i / taps / width;
          return std::pair(out / per_group * width + i / taps % width, out);
        },
        1, 1);
  }
  void emit(const ConvTranspose& op, const Node& old) {
    Node node = copy(old);
    std::get<ConvTranspose>(node.op).bias = true;
    const Shape weight = graph_.param(old, Slot::weight)->shape();
    const std::size_t width = index(weight[1]), taps = index(weight.elements(2, weight.rank()));
    const std::size_t per_group = index(weight[0] / op.groups);
    emit_linear(
        std::move(node), old,
        [=](std::size_t i) {
          const std::size_t in = i / taps / width;
          return std::pair(in, in / per_group * width + i / taps % width);
        },
        1, 1);
  }
  void emit(const Dense&, const Node& old) {
    Node node = copy(old);
    std::get<Dense>(node.op).bias = true;
    const std::size_t width = index(graph_.param(old, Slot::weight)->shape()[1]);
    emit_linear(
        std::move(node), old, [=](std::size_t i) { return std::pair(i % width, i / width); },
        shape(old.inputs[0]).rank() - 1, shape(old.outputs[0]).rank() - 1);
  }
  void emit(const BatchNorm& op, const Node& old) {
    const std::size_t width = index(shape(old.inputs[0])[1]);
    std::vector<double> a = read(old, Slot::weight, width, 1), d = read(old, Slot::bias, width, 0);
    const std::vector<double> mean = read(old, Slot::mean, width, 0), var = read(old, Slot::var, width, 1);
    for (std::size_t c = 0; c < width; ++c) a[c] /= std::sqrt(var[c] + op.eps), d[c] -= a[c] * mean[c];
    add_affine(old, old.inputs[0], 1, std::move(a), std::move(d));
  }
  void emit(const Affine& op, const Node& old) {
    const std::size_t axis = resolve_axis(op.axis, shape(old.inputs[0]).rank());
    const std::size_t width = index(shape(old.inputs[0])[axis]);
    add_affine(old, old.inputs[0], axis, read(old, Slot::weight, width, 1), read(old, Slot::bias, width, 0));
  }
  void emit(const GroupNorm& op, const Node& old) {
    Node node = copy(old);
    if (op.affine) {
      const ElementGauge out = along(old.outputs[0], 1);
      std::vector<double> weight = read(old, Slot::weight, out.scale.size(), 1);
      std::vector<double> bias = read(old, Slot::bias, out.scale.size(), 0);
      for (std::size_t c = 0; c < weight.size(); ++c) {
        weight[c] *= out.scale[c];
        bias[c] = out.scale[c] * bias[c] + out.shift[c];
      }
      set(node, Slot::weight, std::move(weight));
      set(node, Slot::bias, std::move(bias));
    }
    add(std::move(node), old);
  }
  void emit(const Constant&, const Node& old) {
    Node node = copy(old);
    const ElementGauge& gauge = gauges_[index(old.outputs[0])];
    std::vector<double> values = graph_.param(old, Slot::value)->to_vector<double>();
    for (std::size_t e = 0; e < values.size(); ++e) values[e] = gauge.scale[e] * values[e] + gauge.shift[e];
    set(node, Slot::value, Tensor::of<double>(shape(old.outputs[0]), std::move(values)));
    add(std::move(node), old);
  }
  /// With a constant of one value per channel it is an affine node.
  void emit(const Binary& op, const Node& old) {
    for (std::size_t i = 0; i < 2 && old.inputs.size() == 2; ++i) {
      const NodeId producer = graph_.value(old.inputs[i]).producer;
      const ValueId x = old.inputs[1 - i];
      if (producer == none || !graph_.node(producer).as<Constant>() || shape(x) != shape(old.outputs[0])) continue;
      if (op.kind == BinaryKind::div && i == 0) continue;
      const std::vector<double> k = graph_.param(graph_.node(producer), Slot::value)->to_vector<double>();
      const std::size_t width = shape(x).rank() > 1 ? index(shape(x)[1]) : 0;
      if ((k.size() != 1 && k.size() != width) || !try_along(x, 1) || !try_along(old.outputs[0], 1)) continue;
      std::vector<double> a(width, 1), d(width, 0);
      for (std::size_t c = 0; c < width; ++c) {
        const double each = k[k.size() == 1 ? 0 : c];
        switch (op.kind) {
          case BinaryKind::add: d[c] = each; break;
          case BinaryKind::sub: d[c] = i == 0 ? each : -each, a[c] = i == 0 ? -1 : 1; break;
          case BinaryKind::mul: a[c] = each; break;
          case BinaryKind::div: a[c] = 1 / each; break;
        }
      }
      return add_affine(old, x, 1, std::move(a), std::move(d));
    }
    add(copy(old), old);
  }
  void emit(const Pad& op, const Node& old) {
    Node node = copy(old);
    if (op.pad_value) {
      const ElementGauge gauge = along(old.inputs[0], 1);
      std::vector<double> values = read(old, Slot::pad_value, gauge.scale.size(), 0);
      for (std::size_t c = 0; c < values.size(); ++c) values[c] = gauge.scale[c] * values[c] + gauge.shift[c];
      set(node, Slot::pad_value, std::move(values));
    }
    add(std::move(node), old);
  }
  /// Where a gauge crosses an activation that does not carry it, the activation is conjugated.
  void emit_activation(const Node& old) {
    const ElementGauge& all = gauges_[index(old.inputs[0])];
    const auto* op = old.as<Activation>();
    const bool ray =
        old.as<PRelu>() || (op && (op->kind == ActivationKind::relu || op->kind == ActivationKind::leaky_relu));
    const bool unmoved = std::ranges::all_of(all.shift, [](double h) { return std::abs(h) < 1e-12; });
    const bool carried =
        std::ranges::all_of(all.scale, [&](double s) { return (ray && s > 0) || std::abs(s - 1) < 1e-12; });
    if (unmoved && carried) return add(copy(old), old);
    const std::size_t last = shape(old.inputs[0]).rank() - 1;
    const std::size_t axis = try_along(old.inputs[0], 1) ? 1 : last;
    const ElementGauge gauge = along(old.inputs[0], axis);
    std::vector<double> a, d;
    for (std::size_t c = 0; c < gauge.scale.size(); ++c) {
      a.push_back(1 / gauge.scale[c]), d.push_back(-gauge.shift[c] / gauge.scale[c]);
    }
    Node node = copy(old);
    node.inputs = {map(input(old), old.name + "_from", axis, std::move(a), std::move(d))};
    add(std::move(node), old);
    ValueId& out = value_[index(old.outputs[0])];
    out = map(out, old.name + "_to", axis, gauge.scale, gauge.shift);
  }
  void emit(const Activation&, const Node& old) { emit_activation(old); }
  void emit(const PRelu&, const Node& old) { emit_activation(old); }
  void emit(const Clamp&, const Node& old) { emit_activation(old); }
  void emit(const Kinked&, const Node& old) { emit_activation(old); }
  void emit(const MatMul&, const Node& old) {
    const auto moved = [](const ElementGauge& gauge) {
      return std::ranges::any_of(gauge.scale, [](double s) { return s != 1; }) ||
             std::ranges::any_of(gauge.shift, [](double h) { return h != 0; });
    };
    if (moved(gauges_[index(old.inputs[0])]) || moved(gauges_[index(old.outputs[0])])) emit_matrix(old);
    else add(copy(old), old);
  }
  /// A product with a constant matrix is a dense layer.
  void emit_matrix(const Node& old) {
    const Node& constant = graph_.node(graph_.value(old.inputs[1]).producer);
    const Tensor& matrix = *graph_.param(constant, Slot::value);
    const std::vector<double> values = matrix.to_vector<double>();
    const bool turned = old.as<MatMul>()->transpose_b;
    const std::size_t rows = index(matrix.shape()[0]), columns = index(matrix.shape()[1]);
    const std::size_t out = turned ? rows : columns, in = turned ? columns : rows;
    const ElementGauge from = along(old.inputs[0], shape(old.inputs[0]).rank() - 1);
    const ElementGauge to = along(old.outputs[0], shape(old.outputs[0]).rank() - 1);
    std::vector<double> weight(out * in), bias = to.shift;
    for (std::size_t o = 0; o < out; ++o) {
      for (std::size_t i = 0; i < in; ++i) {
        const double w = (turned ? values[o * in + i] : values[i * out + o]) * to.scale[o] / from.scale[i];
        weight[o * in + i] = w, bias[o] -= w * from.shift[i];
      }
    }
    Node node;
    node.name = old.name;
    node.op = Dense{static_cast<std::int64_t>(out), true};
    node.inputs = {input(old)};
    set(node, Slot::weight,
        Tensor::of<double>({static_cast<std::int64_t>(out), static_cast<std::int64_t>(in)}, std::move(weight)));
    set(node, Slot::bias, std::move(bias));
    add(std::move(node), old);
  }

  template <class T>
  void emit(const T&, const Node& old) {
    add(copy(old), old);
  }

  const Graph& graph_;
  const Gauges& gauges_;
  std::set<NodeId> removed_;
  std::vector<TensorType> types_;
  Graph made_;
  std::vector<ValueId> value_;
};

}  // namespace

Graph rewritten(const Graph& graph, const Gauges& gauges, const std::vector<NodeId>& removed) {
  return Rewriter(graph, gauges, removed).rewrite();
}

}  // namespace banoff::test
