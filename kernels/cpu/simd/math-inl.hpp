// Elementary functions of vectors. Included once per target.
#if defined(BANOFF_SIMD_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_MATH_INL
#undef BANOFF_SIMD_MATH_INL
#else
#define BANOFF_SIMD_MATH_INL
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {
using namespace hwy::HWY_NAMESPACE;  // NOLINT: Highway's operations are meant to be used so

/// 2^v for v in [-126, 127], the ends beyond; a NaN stays one. v = n + r with |r| <= 1/2, 2^r by a polynomial of degree
/// 6 with relative error below 2e-8 (Taylor in r ln 2, its last coefficients moved towards the minimax ones).
template <class D>
HWY_INLINE Vec<D> exp2(D d, Vec<D> v) {
  const RebindToSigned<D> di;
  const auto below = IfThenElse(Lt(v, Set(d, -126.0F)), Set(d, -126.0F), v);
  const auto x = IfThenElse(Gt(below, Set(d, 127.0F)), Set(d, 127.0F), below);
  const auto n = Round(x);
  const auto r = Sub(x, n);
  auto p = Set(d, 1.54353139e-4F);
  p = MulAdd(p, r, Set(d, 1.33335581e-3F));
  p = MulAdd(p, r, Set(d, 9.61812911e-3F));
  p = MulAdd(p, r, Set(d, 5.55041087e-2F));
  p = MulAdd(p, r, Set(d, 2.40226507e-1F));
  p = MulAdd(p, r, Set(d, 6.93147181e-1F));
  p = MulAdd(p, r, Set(d, 1.0F));
  const auto power = BitCast(d, ShiftLeft<23>(Add(ConvertTo(di, n), Set(di, 127))));
  return Mul(p, power);
}

/// 1 + e^-x, of which sigmoid and SiLU are quotients.
template <class D>
HWY_INLINE Vec<D> sigmoid_divisor(D d, Vec<D> x) {
  return Add(Set(d, 1.0F), exp2(d, Mul(x, Set(d, -1.44269504F))));
}
template <class D>
HWY_INLINE Vec<D> sigmoid(D d, Vec<D> x) {
  return Div(Set(d, 1.0F), sigmoid_divisor(d, x));
}
template <class D>
HWY_INLINE Vec<D> silu(D d, Vec<D> x) {
  return Div(x, sigmoid_divisor(d, x));
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
