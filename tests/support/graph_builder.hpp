// Graphs for tests in a few lines, with seeded parameters whose batch norms are far from the identity.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "runtime/graph/signature.hpp"

namespace banoff::test {

class GraphBuilder {
 public:
  explicit GraphBuilder(std::uint64_t seed = 1, DType storage = DType::f64) : random_(seed), storage_(storage) {}

  Graph graph;

  ValueId input(const Shape& shape, const std::string& name = "image") {
    std::vector<Dim> dims;
    for (const std::int64_t size : shape) dims.push_back({size, "", false});
    types_.push_back({DType::f32, shape});
    return graph.add_input(name, DType::f32, dims);
  }

  /// Any op; parameters are drawn for it. The name defaults to the op's name and a number.
  ValueId add(const Op& op, const std::vector<ValueId>& inputs, std::string name = "") {
    std::vector<TensorType> input_types;
    for (const ValueId value : inputs) input_types.push_back(type(value));
    const Signature made = signature(op, input_types);
    Node node;
    node.op = op;
    node.inputs = inputs;
    node.name =
        name.empty() ? std::string(row_of(op).name) + '_' + std::to_string(graph.nodes.size()) : std::move(name);
    for (const ParamSpec& spec : made.params) {
      const std::string param = node.name + "." + std::string(slot_name(spec.slot));
      node.params.emplace_back(spec.slot, graph.add_param(param, draw(op, spec)));
    }
    const NodeId id = graph.add_node(std::move(node), made.outputs.size());
    types_.insert(types_.end(), made.outputs.begin(), made.outputs.end());
    return graph.node(id).outputs[0];
  }

  /// Padding defaults to half the kernel.
  ValueId conv(ValueId x, std::int64_t out, std::int64_t kernel = 3, std::int64_t stride = 1, std::int64_t padding = -1,
               std::int64_t groups = 1, bool bias = false) {
    Conv op;
    op.out = out, op.kernel = kernel, op.stride = stride, op.groups = groups, op.bias = bias;
    op.padding.begin = op.padding.end = padding < 0 ? kernel / 2 : padding;
    return add(op, {x});
  }
  ValueId bn(ValueId x, std::string name = "") { return add(BatchNorm{}, {x}, std::move(name)); }
  ValueId relu(ValueId x) { return add(Activation{}, {x}); }
  ValueId conv_bn_relu(ValueId x, std::int64_t out, std::int64_t kernel = 3, std::int64_t stride = 1,
                       std::int64_t groups = 1) {
    return relu(bn(conv(x, out, kernel, stride, -1, groups)));
  }
  ValueId sum(const std::vector<ValueId>& inputs) { return add(Binary{BinaryKind::add}, inputs); }
  ValueId concat(const std::vector<ValueId>& inputs, std::int64_t axis = 1) { return add(Concat{axis}, inputs); }
  ValueId pool(PoolKind kind, ValueId x, std::int64_t kernel, std::int64_t stride, std::int64_t padding = 0,
               bool count_pad = false) {
    Pool op;
    op.kind = kind, op.kernel = kernel, op.stride = Spatial(stride), op.count_include_pad = count_pad;
    op.padding.begin = op.padding.end = padding;
    return add(op, {x});
  }
  ValueId dense(ValueId x, std::int64_t out, bool bias = true) { return add(Dense{out, bias}, {x}); }
  /// Global average pool, flatten, dense, output.
  void classifier(ValueId x, std::int64_t classes = 5) {
    output(dense(add(Flatten{}, {add(GlobalPool{}, {x})}), classes), "logits");
  }
  void output(ValueId value, std::string name = "out") { graph.add_output(std::move(name), value); }

  [[nodiscard]] const TensorType& type(ValueId value) const { return types_.at(static_cast<std::size_t>(value)); }
  [[nodiscard]] Node& producer(ValueId value) { return graph.node(graph.value(value).producer); }
  /// Overwrites a parameter of the node that makes `value`.
  void set(ValueId value, Slot slot, const std::vector<double>& values) {
    const NodeId id = graph.value(value).producer;
    const Shape shape = graph.param(graph.node(id), slot)->shape();
    graph.set_param(id, slot, Tensor::of<double>(shape, values).as(storage_));
  }
  [[nodiscard]] double uniform(double low, double high) { return std::uniform_real_distribution(low, high)(random_); }
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution(low, high)(random_);
  }
  [[nodiscard]] double normal(double deviation = 1) { return std::normal_distribution(0.0, deviation)(random_); }
  /// gamma is drawn positive, or of both signs (the default).
  bool positive_gamma = false;

 private:
  Tensor draw(const Op& op, const ParamSpec& spec) {
    std::vector<double> values(static_cast<std::size_t>(spec.shape.elements()));
    const bool norm = std::holds_alternative<BatchNorm>(op);
    const double fan_in = static_cast<double>(spec.shape.rank() > 1 ? spec.shape.elements(1, spec.shape.rank()) : 1);
    for (double& value : values) {
      if (norm && spec.slot == Slot::weight) {
        value = uniform(0.3, 1.7) * (!positive_gamma && integer(0, 1) == 1 ? -1 : 1);
      } else if (spec.slot == Slot::var) {
        value = std::pow(10.0, uniform(-1, 1));
      } else if (spec.slot == Slot::lower) {
        value = uniform(-2, 0.4);
      } else if (spec.slot == Slot::upper) {
        value = uniform(0.4, 2);
      } else if (spec.slot == Slot::weight) {
        value = normal(1 / std::sqrt(fan_in));
      } else {
        value = normal();
      }
    }
    return Tensor::of<double>(spec.shape, std::move(values)).as(storage_);
  }

  std::mt19937_64 random_;
  DType storage_;
  std::vector<TensorType> types_;
};

}  // namespace banoff::test
