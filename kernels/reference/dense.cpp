#include "kernels/reference/context.hpp"
#include "kernels/reference/numbers.hpp"
#include "kernels/reference/walk.hpp"

namespace banoff::reference {

template <class T>
Body reference(const Dense&, Context<T>& context) {
  const std::int64_t in_features = context.inputs[0].shape.back();
  const std::int64_t out_features = context.outputs[0].shape.back();
  const std::int64_t rows = context.outputs[0].shape.elements(0, context.outputs[0].shape.rank() - 1);
  return [=, weight = context.param(Slot::weight), bias = context.param(Slot::bias)](const KernelArgs& args) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const T* x = input<T>(args, 0) + r * in_features;
      T* y = output<T>(args) + r * out_features;
      for (std::int64_t o = 0; o < out_features; ++o) {
        const T* w = weight.data() + o * in_features;
        T sum = bias.empty() ? T{0} : bias.data()[o];
        for (std::int64_t i = 0; i < in_features; ++i) sum += w[i] * x[i];
        y[o] = sum;
      }
    }
  };
}
BANOFF_REFERENCE(Dense);

namespace {

/// Where each matrix of a batch starts in an operand whose leading dimensions broadcast to `batch`.
std::vector<std::int64_t> matrix_offsets(const Shape& operand, const Shape& batch) {
  const Shape own(std::span(operand.begin(), operand.rank() - 2));
  const std::int64_t matrix = operand.elements(operand.rank() - 2, operand.rank());
  std::vector<std::int64_t> offsets;
  walk(batch, broadcast_strides(own, batch), [&](std::int64_t, std::int64_t at) { offsets.push_back(at * matrix); });
  return offsets;
}

}  // namespace

template <class T>
Body reference(const MatMul& op, Context<T>& context) {
  const Shape& a_shape = context.inputs[0].shape;
  const Shape& b_shape = context.inputs[1].shape;
  const Shape& out_shape = context.outputs[0].shape;
  const std::size_t rank = out_shape.rank();
  const std::int64_t rows = out_shape[rank - 2];
  const std::int64_t columns = out_shape[rank - 1];
  const std::int64_t inner = op.transpose_a ? a_shape[a_shape.rank() - 2] : a_shape.back();
  const Shape batch(std::span(out_shape.begin(), rank - 2));
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [=, a_at = matrix_offsets(a_shape, batch), b_at = matrix_offsets(b_shape, batch)](const KernelArgs& args) {
      for (std::size_t m = 0; m < a_at.size(); ++m) {
        const E* a = input<E>(args, 0) + a_at[m];
        const E* b = input<E>(args, 1) + b_at[m];
        E* out = output<E>(args) + static_cast<std::int64_t>(m) * rows * columns;
        for (std::int64_t r = 0; r < rows; ++r) {
          for (std::int64_t c = 0; c < columns; ++c) {
            decltype(number(E{})) sum{0};
            for (std::int64_t i = 0; i < inner; ++i) {
              sum = sum_of(sum, product_of(number(a[op.transpose_a ? i * rows + r : r * inner + i]),
                                           number(b[op.transpose_b ? c * inner + i : i * columns + c])));
            }
            out[r * columns + c] = cast_element<E>(sum);
          }
        }
      }
    };
  });
}
BANOFF_REFERENCE(MatMul);

}  // namespace banoff::reference
