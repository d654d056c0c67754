#include "runtime/session/flops.hpp"

namespace banoff {

namespace {

struct Counter {
  std::span<const TensorType> inputs;
  std::span<const TensorType> outputs;

  [[nodiscard]] std::int64_t in() const { return inputs[0].shape.elements(); }
  [[nodiscard]] std::int64_t out() const { return outputs[0].shape.elements(); }

  std::int64_t operator()(const Conv& op) const {
    std::int64_t taps = inputs[0].shape[1] / groups_of(op, inputs[0].shape);
    for (const Window& w : windows(op, inputs[0].shape)) taps *= w.kernel;
    return 2 * out() * taps + (op.bias ? out() : 0);
  }
  std::int64_t operator()(const ConvTranspose& op) const {
    std::int64_t taps = op.out / op.groups;
    for (const Window& w : windows(op, inputs[0].shape)) taps *= w.kernel;
    return 2 * in() * taps + (op.bias ? out() : 0);
  }
  std::int64_t operator()(const Dense& op) const { return 2 * out() * inputs[0].shape.back() + (op.bias ? out() : 0); }
  std::int64_t operator()(const MatMul& op) const {
    const Shape& a = inputs[0].shape;
    return 2 * out() * a[a.rank() - (op.transpose_a ? 2 : 1)];
  }
  std::int64_t operator()(const BatchNorm&) const { return 2 * out(); }
  std::int64_t operator()(const Affine& op) const { return (op.scale ? out() : 0) + (op.shift ? out() : 0); }
  std::int64_t operator()(const Binary&) const { return out() * (std::ssize(inputs) - 1); }
  std::int64_t operator()(const Pool& op) const {
    std::int64_t taps = 1;
    for (const Window& w : windows(op, inputs[0].shape)) taps *= w.kernel;
    return out() * taps;
  }
  std::int64_t operator()(const GlobalPool&) const { return in(); }
  std::int64_t operator()(const AdaptiveAvgPool&) const { return in(); }
  std::int64_t operator()(const ReduceMean&) const { return in(); }
  std::int64_t operator()(const Resize& op) const {
    const auto corners = std::int64_t{1} << (inputs[0].shape.rank() - 2);
    return op.mode == ResizeMode::linear ? 2 * out() * corners : 0;
  }
  std::int64_t operator()(const Activation&) const { return out(); }
  std::int64_t operator()(const PRelu&) const { return out(); }
  std::int64_t operator()(const Clamp& op) const { return (op.lower ? out() : 0) + (op.upper ? out() : 0); }
  std::int64_t operator()(const Kinked&) const { return 3 * out(); }     // subtract, multiply, add
  std::int64_t operator()(const Softmax&) const { return 4 * out(); }    // max, exp, sum, divide
  std::int64_t operator()(const GroupNorm&) const { return 6 * out(); }  // mean 1, variance 3, normalise 2
  std::int64_t operator()(const Lrn& op) const { return out() * (2 * op.size + 3); }
  std::int64_t operator()(const LayerNorm&) const { return 6 * out(); }
  std::int64_t operator()(const Unary&) const { return out(); }
  std::int64_t operator()(const Compare&) const { return out(); }
  std::int64_t operator()(const Pair&) const { return out(); }
  std::int64_t operator()(const Reduce&) const { return in(); }
  std::int64_t operator()(const ArgReduce&) const { return in(); }
  std::int64_t operator()(const Cumulate&) const { return in(); }
  std::int64_t operator()(const auto&) const { return 0; }  // moves data
};

}  // namespace

std::int64_t flops(const Node& node, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
  return std::visit(Counter{inputs, outputs}, node.op);
}

}  // namespace banoff
