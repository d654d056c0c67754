#include "kernels/reference/context.hpp"
#include "kernels/reference/numbers.hpp"
#include "kernels/reference/walk.hpp"
#include "runtime/graph/activations.hpp"

namespace banoff::reference {

namespace {

template <class N>
N combine(BinaryKind kind, N a, N b) {
  switch (kind) {
    case BinaryKind::add: return sum_of(a, b);
    case BinaryKind::sub: return difference_of(a, b);
    case BinaryKind::mul: return product_of(a, b);
    case BinaryKind::div: return quotient_of(a, b);
  }
  return a;
}

}  // namespace

template <class T>
Body reference(const Binary& op, Context<T>& context) {
  const Shape shape = context.outputs[0].shape;
  std::vector<Strides> strides;
  for (const TensorType& type : context.inputs) strides.push_back(broadcast_strides(type.shape, shape));
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [=](const KernelArgs& args) {
      E* y = output<E>(args);
      const E* first = input<E>(args, 0);
      walk(shape, strides[0], [&](std::int64_t i, std::int64_t at) { y[i] = first[at]; });
      for (std::size_t k = 1; k < strides.size(); ++k) {
        const E* x = input<E>(args, k);
        walk(shape, strides[k], [&](std::int64_t i, std::int64_t at) {
          y[i] = cast_element<E>(combine(op.kind, number(y[i]), number(x[at])));
        });
      }
    };
  });
}
BANOFF_REFERENCE(Binary);

template <class T>
Body reference(const Activation& op, Context<T>& context) {
  return [op, count = context.inputs[0].shape.elements()](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    for (std::int64_t i = 0; i < count; ++i) y[i] = activate(op, x[i]);
  };
}
BANOFF_REFERENCE(Activation);

template <class T>
Body reference(const PRelu&, Context<T>& context) {
  return [a = around(context.inputs[0].shape, 1), slope = context.param(Slot::weight)](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    for_each_along(a, [&](std::int64_t channel, std::int64_t i) {
      const auto c = slope.size() == 1 ? 0 : static_cast<std::size_t>(channel);
      y[i] = x[i] > T{0} ? x[i] : slope[c] * x[i];
    });
  };
}
BANOFF_REFERENCE(PRelu);

template <class T>
Body reference(const Clamp& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  return [a = around(shape, resolve_axis(op.axis, shape.rank())), lower = context.param(Slot::lower),
          upper = context.param(Slot::upper)](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    for_each_along(a, [&](std::int64_t channel, std::int64_t i) {
      const auto c = static_cast<std::size_t>(channel);
      // In this order a NaN stays one.
      const T up = !lower.empty() && x[i] < lower[c] ? lower[c] : x[i];
      y[i] = !upper.empty() && up > upper[c] ? upper[c] : up;
    });
  };
}
BANOFF_REFERENCE(Clamp);

template <class T>
Body reference(const Kinked& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  return [a = around(shape, resolve_axis(op.axis, shape.rank())), kink = context.param(Slot::kink),
          below = context.param(Slot::below), above = context.param(Slot::above)](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    for_each_along(a, [&](std::int64_t channel, std::int64_t i) {
      const auto c = static_cast<std::size_t>(channel);
      y[i] = kink[c] + (x[i] - kink[c]) * (x[i] < kink[c] ? below[c] : above[c]);
    });
  };
}
BANOFF_REFERENCE(Kinked);

}  // namespace banoff::reference
