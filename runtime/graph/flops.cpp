#include "runtime/graph/flops.hpp"

#include <algorithm>

namespace banoff {

namespace {

/// The work of ops that is not a number per element. Attributes may make it larger than 64 bits hold: it is counted in
/// float64, which is exact up to 2^53.
struct Special {
  std::span<const TensorType> inputs;
  std::span<const TensorType> outputs;

  [[nodiscard]] double in() const { return static_cast<double>(inputs[0].shape.elements()); }
  [[nodiscard]] double out() const { return static_cast<double>(outputs[0].shape.elements()); }
  [[nodiscard]] double taps(const auto& op) const {
    double taps = 1;
    for (const Window& w : windows(op, inputs[0].shape)) taps *= static_cast<double>(w.kernel);
    return taps;
  }

  double operator()(const Conv& op) const {
    const auto channels = static_cast<double>(inputs[0].shape[1] / groups_of(op, inputs[0].shape));
    return 2 * out() * channels * taps(op) + (op.bias ? out() : 0);
  }
  double operator()(const ConvTranspose& op) const {
    return 2 * in() * static_cast<double>(op.out / op.groups) * taps(op) + (op.bias ? out() : 0);
  }
  double operator()(const Dense& op) const {
    return 2 * out() * static_cast<double>(inputs[0].shape.back()) + (op.bias ? out() : 0);
  }
  double operator()(const MatMul& op) const {
    const Shape& a = inputs[0].shape;
    return 2 * out() * static_cast<double>(a[a.rank() - (op.transpose_a ? 2 : 1)]);
  }
  double operator()(const Affine& op) const { return (op.scale ? out() : 0) + (op.shift ? out() : 0); }
  double operator()(const Binary&) const { return out() * static_cast<double>(inputs.size() - 1); }
  double operator()(const Pool& op) const { return out() * taps(op); }
  double operator()(const Resize& op) const {
    const auto corners = static_cast<double>(std::int64_t{1} << (inputs[0].shape.rank() - 2));
    return op.mode == ResizeMode::linear ? 2 * out() * corners : 0;
  }
  double operator()(const Clamp& op) const { return (op.lower ? out() : 0) + (op.upper ? out() : 0); }
  /// Products of the state; of what follows 2 operations for each gate of an element.
  double operator()(const Recurrent& op) const { return 2 * in() * static_cast<double>(op.hidden) + 2 * in(); }
  double operator()(const Lrn& op) const { return out() * (2 * static_cast<double>(op.size) + 3); }
};

}  // namespace

std::int64_t flops(const Node& node, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
  const Special special{inputs, outputs};
  const double count = std::visit(
      [&]<class O>(const O& op) -> double {
        constexpr Work work = O::facts.work;
        if constexpr (work.special) return special(op);
        double sum = 0;
        if constexpr (work.per_output != 0) sum += static_cast<double>(work.per_output) * special.out();
        if constexpr (work.per_input != 0) sum += static_cast<double>(work.per_input) * special.in();
        return sum;
      },
      node.op);
  return static_cast<std::int64_t>(std::min(count, 0x1p62));
}

}  // namespace banoff
