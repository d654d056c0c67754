#include <algorithm>
#include <cmath>

#include "kernels/reference/context.hpp"
#include "kernels/reference/walk.hpp"

namespace banoff::reference {

template <class T>
Body reference(const ReduceMean& op, Context<T>& context) {
  const Shape shape = context.inputs[0].shape;
  Shape kept = shape;
  for (const std::int64_t axis : op.axes) kept[resolve_axis(axis, shape.rank())] = 1;
  const std::int64_t means = kept.elements();
  const T count = static_cast<T>(shape.elements() / means);
  return [=, to = broadcast_strides(kept, shape)](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    std::fill_n(y, means, T{0});
    walk(shape, to, [&](std::int64_t i, std::int64_t at) { y[at] += x[i]; });
    for (std::int64_t m = 0; m < means; ++m) y[m] /= count;
  };
}
BANOFF_REFERENCE(ReduceMean);

template <class T>
Body reference(const Softmax& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  return [a = around(shape, resolve_axis(op.axis, shape.rank()))](const KernelArgs& args) {
    for (std::int64_t o = 0; o < a.outer; ++o) {
      for (std::int64_t e = 0; e < a.inner; ++e) {
        const T* x = input<T>(args, 0) + o * a.size * a.inner + e;
        T* y = output<T>(args) + o * a.size * a.inner + e;
        T largest = x[0];
        for (std::int64_t c = 1; c < a.size; ++c) largest = std::max(largest, x[c * a.inner]);
        T sum{0};
        for (std::int64_t c = 0; c < a.size; ++c) sum += y[c * a.inner] = std::exp(x[c * a.inner] - largest);
        for (std::int64_t c = 0; c < a.size; ++c) y[c * a.inner] /= sum;
      }
    }
  };
}
BANOFF_REFERENCE(Softmax);

}  // namespace banoff::reference
