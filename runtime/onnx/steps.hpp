// An operator in several steps: what ONNX has one operator for and we have ops to make it of.
#pragma once

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

/// Emits nodes named after their call. Numbers take the type of what they meet.
class Steps {
 public:
  explicit Steps(const Call& call) : call_(call) {}

  [[nodiscard]] KnownTensors& known() const { return call_.importer().known(); }
  [[nodiscard]] TensorType type(const Operand& x) const { return call_.importer().type_of(x); }
  [[nodiscard]] Operand emit(Op op, const std::vector<Operand>& inputs, Params params = {}) const {
    return call_.emit(std::move(op), inputs, std::move(params));
  }

  /// One number as an operand of x's type.
  [[nodiscard]] Operand number(const Operand& x, double value) const {
    return {none, known().filled(type(x).dtype, {}, value)};
  }
  [[nodiscard]] Operand unary(UnaryKind kind, const Operand& x) const { return emit(Unary{kind}, {x}); }
  [[nodiscard]] Operand activation(ActivationKind kind, const Operand& x, double alpha = 0, double beta = 0) const {
    return emit(Activation{kind, alpha, beta}, {x});
  }
  [[nodiscard]] Operand add(const Operand& a, const Operand& b) const { return emit(Binary{BinaryKind::add}, {a, b}); }
  [[nodiscard]] Operand sub(const Operand& a, const Operand& b) const { return emit(Binary{BinaryKind::sub}, {a, b}); }
  [[nodiscard]] Operand mul(const Operand& a, const Operand& b) const { return emit(Binary{BinaryKind::mul}, {a, b}); }
  [[nodiscard]] Operand div(const Operand& a, const Operand& b) const { return emit(Binary{BinaryKind::div}, {a, b}); }
  [[nodiscard]] Operand pair(PairKind kind, const Operand& a, const Operand& b) const {
    return emit(Pair{kind}, {a, b});
  }
  [[nodiscard]] Operand less(const Operand& a, const Operand& b) const {
    return emit(Compare{CompareKind::less}, {a, b});
  }
  [[nodiscard]] Operand equal(const Operand& a, const Operand& b) const {
    return emit(Compare{CompareKind::equal}, {a, b});
  }
  [[nodiscard]] Operand where(const Operand& condition, const Operand& a, const Operand& b) const {
    return emit(Where{}, {condition, a, b});
  }
  [[nodiscard]] Operand cast(const Operand& x, DType to) const { return type(x).dtype == to ? x : emit(Cast{to}, {x}); }
  /// f(x) in floats; of integers the result is rounded toward zero.
  template <class F>
  [[nodiscard]] Operand in_floats(const Operand& x, F f) const {
    const DType own = type(x).dtype;
    return cast(f(cast(x, is_float(own) ? own : DType::f64)), own);
  }
  [[nodiscard]] Operand reduce(ReduceKind kind, const Operand& x, const Ints& axes, bool keep_dims = true) const {
    return emit(Reduce{kind, axes, keep_dims}, {x});
  }
  [[nodiscard]] Operand mean(const Operand& x, const Ints& axes) const { return reduce(ReduceKind::mean, x, axes); }
  [[nodiscard]] Operand reshape(const Operand& x, Ints shape) const {
    return type(x).shape.vec() == shape ? x : emit(Reshape{std::move(shape)}, {x});
  }
  /// The slices of x along an axis that stand at known places, as many as `count`.
  template <class F>
  [[nodiscard]] Operand take(const Operand& x, std::size_t axis, std::int64_t count, F place) const {
    return emit(Gather{static_cast<std::int64_t>(axis)}, {x, {none, known().integers({count}, place)}});
  }
  /// 0, 1, 2, … along one of `rank` axes.
  [[nodiscard]] Operand counted(std::size_t rank, std::size_t axis, std::int64_t size) const {
    Shape along(Ints(rank, 1));
    along[axis] = size;
    return {none, known().integers(along, [](std::int64_t i) { return i; })};
  }

 private:
  const Call& call_;
};

/// ONNX's MatMul: a vector counts as a row on the left and as a column on the right, and its dimension is gone
/// afterwards. (ops_layers.cpp)
[[nodiscard]] Operand product_of(const Steps& s, const Operand& left, const Operand& right);

/// The operator on x seen as a matrix whose rows end at `axis`, as those over an axis worked before opset 13; from then
/// on it works along the axis itself. `make(matrix or x, axis)` emits it.
template <class F>
[[nodiscard]] Operand along_or_flat(Call& call, F make) {
  const Steps s(call);
  const Operand& x = call.in(0);
  const Shape shape = call.shape(0);
  const std::size_t axis = resolve_axis(call.attributes.integer("axis", call.opset() >= 13 ? -1 : 1),
                                        std::max<std::size_t>(shape.rank(), 1));
  if (call.opset() >= 13 || shape.elements(axis + 1, shape.rank()) == 1)
    return make(x, static_cast<std::int64_t>(axis));
  const Ints matrix{shape.elements(0, axis), shape.elements(axis, shape.rank())};
  return s.reshape(make(s.reshape(x, matrix), 1), shape.vec());
}

}  // namespace banoff::onnx_import
