// Numbers on grids of integers.
#include "runtime/graph/quantised.hpp"

#include "kernels/reference/context.hpp"

namespace banoff::reference {

template <class T>
Body reference(const Quantize& op, Context<T>& context) {
  const auto count = context.inputs[0].shape.elements();
  return visit_dtype(op.to, [&]<class Q>(Q) -> Body {
    return [op, count, range = range_of(op.to)](const KernelArgs& args) {
      const T* x = input<T>(args, 0);
      Q* y = output<Q>(args);
      const auto scale = static_cast<T>(static_cast<float>(op.scale));
      for (std::int64_t i = 0; i < count; ++i) y[i] = cast_element<Q>(grid_number(x[i], scale, op.zero_point, range));
    };
  });
}
BANOFF_REFERENCE(Quantize);

template <class T>
Body reference(const Dequantize& op, Context<T>& context) {
  const auto count = context.inputs[0].shape.elements();
  return visit_dtype(context.inputs[0].dtype, [&]<class Q>(Q) -> Body {
    return [op, count](const KernelArgs& args) {
      const Q* x = input<Q>(args, 0);
      T* y = output<T>(args);
      const auto scale = static_cast<T>(static_cast<float>(op.scale));
      for (std::int64_t i = 0; i < count; ++i)
        y[i] = static_cast<T>(cast_element<std::int64_t>(x[i]) - op.zero_point) * scale;
    };
  });
}
BANOFF_REFERENCE(Dequantize);

template <class T>
Body reference(const FakeQuantize& op, Context<T>& context) {
  return [op, count = context.inputs[0].shape.elements(), range = range_of(op.type)](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    const auto scale = static_cast<T>(static_cast<float>(op.scale));
    for (std::int64_t i = 0; i < count; ++i)
      y[i] = static_cast<T>(grid_number(x[i], scale, op.zero_point, range) - op.zero_point) * scale;
  };
}
BANOFF_REFERENCE(FakeQuantize);

}  // namespace banoff::reference
