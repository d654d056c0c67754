#include "runtime/session/flops.hpp"

namespace banoff {

namespace {

/// The work of ops that is not a number per element.
struct Special {
  std::span<const TensorType> inputs;
  std::span<const TensorType> outputs;

  [[nodiscard]] std::int64_t in() const { return inputs[0].shape.elements(); }
  [[nodiscard]] std::int64_t out() const { return outputs[0].shape.elements(); }
  [[nodiscard]] std::int64_t taps(const auto& op) const {
    std::int64_t taps = 1;
    for (const Window& w : windows(op, inputs[0].shape)) taps *= w.kernel;
    return taps;
  }

  std::int64_t operator()(const Conv& op) const {
    const std::int64_t channels = inputs[0].shape[1] / groups_of(op, inputs[0].shape);
    return 2 * out() * channels * taps(op) + (op.bias ? out() : 0);
  }
  std::int64_t operator()(const ConvTranspose& op) const {
    return 2 * in() * (op.out / op.groups) * taps(op) + (op.bias ? out() : 0);
  }
  std::int64_t operator()(const Dense& op) const { return 2 * out() * inputs[0].shape.back() + (op.bias ? out() : 0); }
  std::int64_t operator()(const MatMul& op) const {
    const Shape& a = inputs[0].shape;
    return 2 * out() * a[a.rank() - (op.transpose_a ? 2 : 1)];
  }
  std::int64_t operator()(const Affine& op) const { return (op.scale ? out() : 0) + (op.shift ? out() : 0); }
  std::int64_t operator()(const Binary&) const { return out() * (std::ssize(inputs) - 1); }
  std::int64_t operator()(const Pool& op) const { return out() * taps(op); }
  std::int64_t operator()(const Resize& op) const {
    const auto corners = std::int64_t{1} << (inputs[0].shape.rank() - 2);
    return op.mode == ResizeMode::linear ? 2 * out() * corners : 0;
  }
  std::int64_t operator()(const Clamp& op) const { return (op.lower ? out() : 0) + (op.upper ? out() : 0); }
  /// Products of the state; of what follows 2 operations for each gate of an element.
  std::int64_t operator()(const Recurrent& op) const { return 2 * in() * op.hidden + 2 * in(); }
  std::int64_t operator()(const Lrn& op) const { return out() * (2 * op.size + 3); }
};

}  // namespace

std::int64_t flops(const Node& node, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
  const Special special{inputs, outputs};
  return std::visit(
      [&]<class O>(const O& op) {
        constexpr Work work = O::facts.work;
        if constexpr (work.special) return special(op);
        else return work.per_output * special.out() + (work.per_input == 0 ? 0 : work.per_input * special.in());
      },
      node.op);
}

}  // namespace banoff
