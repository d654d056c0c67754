// Functions of one, two and three elements, on floats, integers and booleans.
#include <cmath>
#include <cstring>
#include <utility>

#include "kernels/reference/context.hpp"
#include "kernels/reference/numbers.hpp"
#include "kernels/reference/walk.hpp"

namespace banoff::reference {

namespace {

template <std::floating_point T>
T sign_of(T x) {
  return x > T{0} ? T{1} : x < T{0} ? T{-1} : x;  // a NaN stays one
}

template <std::floating_point T>
T function(UnaryKind kind, T x) {
  switch (kind) {
    case UnaryKind::abs: return std::abs(x);
    case UnaryKind::neg: return -x;
    case UnaryKind::sign: return sign_of(x);
    case UnaryKind::floor: return std::floor(x);
    case UnaryKind::ceil: return std::ceil(x);
    case UnaryKind::round: return std::nearbyint(x);
    case UnaryKind::reciprocal: return T{1} / x;
    case UnaryKind::sqrt: return std::sqrt(x);
    case UnaryKind::exp: return std::exp(x);
    case UnaryKind::log: return std::log(x);
    case UnaryKind::erf: return std::erf(x);
    case UnaryKind::sin: return std::sin(x);
    case UnaryKind::cos: return std::cos(x);
    case UnaryKind::tan: return std::tan(x);
    case UnaryKind::asin: return std::asin(x);
    case UnaryKind::acos: return std::acos(x);
    case UnaryKind::atan: return std::atan(x);
    case UnaryKind::sinh: return std::sinh(x);
    case UnaryKind::cosh: return std::cosh(x);
    case UnaryKind::asinh: return std::asinh(x);
    case UnaryKind::acosh: return std::acosh(x);
    case UnaryKind::atanh: return std::atanh(x);
    case UnaryKind::logical_not: return x == T{0} ? T{1} : T{0};
  }
  return x;
}

/// Of integers only these are defined (signature); rounding leaves them alone.
template <std::integral N>
N function(UnaryKind kind, N x) {
  const bool negative = std::cmp_less(x, 0);
  switch (kind) {
    case UnaryKind::abs: return negative ? wrapping::sub(N{0}, x) : x;
    case UnaryKind::neg: return wrapping::sub(N{0}, x);
    case UnaryKind::sign: return negative ? static_cast<N>(-1) : N{x != 0};
    case UnaryKind::logical_not: return N{x == 0};
    default: return x;
  }
}

template <class T>
bool compare(CompareKind kind, T a, T b) {
  switch (kind) {
    case CompareKind::equal: return a == b;
    case CompareKind::less: return a < b;
    case CompareKind::less_equal: return a <= b;
  }
  return false;
}

/// The remainder with the divisor's sign, as Python has it.
template <class T>
T modulo(T a, T b) {
  const T rest = remainder_of(a, b);
  if constexpr (std::is_unsigned_v<T>) return rest;
  else return rest != T{0} && (rest < T{0}) != (b < T{0}) ? rest + b : rest;
}

template <class T>
T pair(PairKind kind, T a, T b) {
  switch (kind) {
    case PairKind::max: return larger(a, b);
    case PairKind::min: return smaller(a, b);
    case PairKind::pow: return power(a, b);
    case PairKind::mod: return modulo(a, b);
    case PairKind::fmod: return remainder_of(a, b);
  }
  return a;
}

/// f of pairs of elements of type E, broadcast to `shape`; `Out` is what is stored.
template <class E, class Out, class F>
Body on_pairs(const Shape& shape, const Shape& a, const Shape& b, F f) {
  return [=, from_a = broadcast_strides(a, shape), from_b = broadcast_strides(b, shape)](const KernelArgs& args) {
    const E* p = input<E>(args, 0);
    const E* q = input<E>(args, 1);
    Out* y = output<Out>(args);
    walk2(shape, from_a, from_b, [&](std::int64_t i, std::int64_t at_a, std::int64_t at_b) {
      y[i] = cast_element<Out>(f(number(p[at_a]), number(q[at_b])));
    });
  };
}

}  // namespace

template <class T>
Body reference(const Unary& op, Context<T>& context) {
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [kind = op.kind, count = context.inputs[0].shape.elements()](const KernelArgs& args) {
      const E* x = input<E>(args, 0);
      E* y = output<E>(args);
      for (std::int64_t i = 0; i < count; ++i) y[i] = cast_element<E>(function(kind, number(x[i])));
    };
  });
}
BANOFF_REFERENCE(Unary);

template <class T>
Body reference(const Compare& op, Context<T>& context) {
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) {
    return on_pairs<E, Bool>(context.outputs[0].shape, context.inputs[0].shape, context.inputs[1].shape,
                             [kind = op.kind](auto a, auto b) { return std::int64_t{compare(kind, a, b)}; });
  });
}
BANOFF_REFERENCE(Compare);

template <class T>
Body reference(const Pair& op, Context<T>& context) {
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) {
    return on_pairs<E, E>(context.outputs[0].shape, context.inputs[0].shape, context.inputs[1].shape,
                          [kind = op.kind](auto a, auto b) { return pair(kind, a, b); });
  });
}
BANOFF_REFERENCE(Pair);

template <class T>
Body reference(const Where&, Context<T>& context) {
  const Shape shape = context.outputs[0].shape;
  std::array<Strides, 3> strides;
  for (std::size_t i = 0; i < 3; ++i) strides[i] = broadcast_strides(context.inputs[i].shape, shape);
  return [=, size = size_of(context.outputs[0].dtype)](const KernelArgs& args) {
    const Bool* condition = input<Bool>(args, 0);
    const auto take = [&](std::size_t from, std::int64_t i, std::int64_t at) {
      std::memcpy(args.outputs[0] + static_cast<std::size_t>(i) * size,
                  args.inputs[from] + static_cast<std::size_t>(at) * size, size);
    };
    walk2(shape, strides[0], strides[1], [&](std::int64_t i, std::int64_t c, std::int64_t at) {
      if (condition[c].value != 0) take(1, i, at);
    });
    walk2(shape, strides[0], strides[2], [&](std::int64_t i, std::int64_t c, std::int64_t at) {
      if (condition[c].value == 0) take(2, i, at);
    });
  };
}
BANOFF_REFERENCE(Where);

}  // namespace banoff::reference
