// Elementary functions of vectors. Included once per target.
#if defined(BANOFF_SIMD_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_MATH_INL
#undef BANOFF_SIMD_MATH_INL
#else
#define BANOFF_SIMD_MATH_INL
#endif

#include "kernels/cpu/simd/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// A NaN stays one. On x86 by the order of operands, of which the instructions return the second where there is no
/// order between them; on Arm by other instructions than Highway's, which return the number.
template <class D>
HWY_INLINE Vec<D> clamped(D, Vec<D> x, Vec<D> low, Vec<D> high) {
#if HWY_TARGET == HWY_NEON
  return Vec<D>(vminq_f32(high.raw, vmaxq_f32(low.raw, x.raw)));
#else
  return Min(high, Max(low, x));
#endif
}

#if HWY_TARGET == HWY_AVX3
/// 2^(j / 32).
alignas(64) constexpr float fractional_powers[32] = {
    1.0F,        1.0218972F,  1.04427373F, 1.06714046F, 1.09050775F, 1.1143868F,  1.13878858F, 1.1637249F,
    1.18920708F, 1.21524739F, 1.24185777F, 1.26905096F, 1.29683959F, 1.32523668F, 1.35425556F, 1.38390994F,
    1.41421354F, 1.44518077F, 1.47682619F, 1.50916445F, 1.54221082F, 1.5759809F,  1.61049032F, 1.64575553F,
    1.68179286F, 1.71861935F, 1.75625217F, 1.79470909F, 1.8340081F,  1.87416768F, 1.91520655F, 1.95714414F};

/// 2^v, 0 and infinity where that rounds to them; a NaN stays one. v = n + j / 32 + r with |r| <= 1/64: the second
/// factor is looked up, 2^r is a polynomial of degree 2 with relative error below 6e-8 (minimax), the first goes to
/// the exponent.
template <class D>
HWY_INLINE Vec<D> exp2(D d, Vec<D> v) {
  const auto x = clamped(d, v, Set(d, -160.0F), Set(d, 160.0F));
  const auto to_fractions = Set(d, 393216.0F);  // 1.5 * 2^18: the sum's last bit is 1/32, its lowest five are j
  const auto shifted = Add(x, to_fractions);
  const auto n = Sub(shifted, to_fractions);
  const auto r = Sub(x, n);
  const __m512 fraction = _mm512_permutex2var_ps(_mm512_load_ps(fractional_powers), _mm512_castps_si512(shifted.raw),
                                                 _mm512_load_ps(fractional_powers + 16));
  const auto power = MulAdd(MulAdd(Set(d, 0.240226492F), r, Set(d, 0.693157315F)), r, Set(d, 1.0F));
  return Vec<D>{_mm512_scalef_ps(_mm512_mul_ps(power.raw, fraction), n.raw)};
}
#else
/// 2^v: the least float of full precision for v below -126, infinity from 127.5 on; a NaN stays one. v = n + r with
/// |r| <= 1/2, 2^r by a polynomial of degree 6 with relative error below 2e-8 (Taylor in r ln 2, its last coefficients
/// moved towards the minimax ones).
template <class D>
HWY_INLINE Vec<D> exp2(D d, Vec<D> v) {
  const RebindToSigned<D> di;
  const auto x = clamped(d, v, Set(d, -126.0F), Set(d, 128.0F));
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
#endif

/// 1 + e^-x, of which sigmoid and SiLU are quotients.
template <class D>
HWY_INLINE Vec<D> sigmoid_divisor(D d, Vec<D> x) {
  return Add(Set(d, 1.0F), exp2(d, Mul(x, Set(d, -1.44269504F))));
}
template <class D>
HWY_INLINE Vec<D> sigmoid(D d, Vec<D> x) {
  return Div(Set(d, 1.0F), sigmoid_divisor(d, x));
}
/// Within 2^-11 of sigmoid(x): 2^v = 2^n 2^r with n the whole number below v, the second factor a polynomial of degree
/// 3 (minimax, relative error 8e-5), and the instruction for reciprocals.
template <class D>
HWY_INLINE Vec<D> coarse_sigmoid(D d, Vec<D> x) {
  const auto scaled = Mul(x, Set(d, -1.44269504F));
  const auto power = [&](Vec<D> r) HWY_ATTR {
    const auto p = MulAdd(MulAdd(Set(d, 0.07802454F), r, Set(d, 0.2260672F)), r, Set(d, 0.6958335F));
    return MulAdd(p, r, Set(d, 0.99992526F));
  };
#if HWY_TARGET == HWY_AVX3
  const Vec<D> r{_mm512_reduce_ps(scaled.raw, _MM_FROUND_TO_NEG_INF)};  // of an infinity 0
  const Vec<D> e{_mm512_scalef_ps(power(r).raw, scaled.raw)};
#else
  // Beyond these the quotient is 0 or 1 in any case; an infinity must not become a difference of two.
  const auto v = clamped(d, scaled, Set(d, -126.0F), Set(d, 126.0F));
  const auto n = Floor(v);
  const RebindToSigned<D> di;
  const auto e = Mul(power(Sub(v, n)), BitCast(d, ShiftLeft<23>(Add(ConvertTo(di, n), Set(di, 127)))));
#endif
#if HWY_ARCH_X86
  return ApproximateReciprocal(Add(Set(d, 1.0F), e));
#else  // of eight bits only
  return Div(Set(d, 1.0F), Add(Set(d, 1.0F), e));
#endif
}
/// Of small numbers x - x^3 / 3 + … (relative error below 1e-8 at 1/4), of others a quotient, whose error is one of 1.
template <class D>
HWY_INLINE Vec<D> tanh(D d, Vec<D> x) {
  const auto size = Abs(x);
  const auto power = exp2(d, Mul(size, Set(d, -2.88539008F)));  // e^-2|x|
  const auto large = CopySign(Div(Sub(Set(d, 1.0F), power), Add(Set(d, 1.0F), power)), x);
  const auto square = Mul(x, x);
  auto p = Set(d, 62.0F / 2835);
  p = MulAdd(p, square, Set(d, -17.0F / 315));
  p = MulAdd(p, square, Set(d, 2.0F / 15));
  p = MulAdd(p, square, Set(d, -1.0F / 3));
  p = MulAdd(Mul(p, square), x, x);
  return IfThenElse(Lt(size, Set(d, 0.25F)), p, large);
}
template <class D>
HWY_INLINE Vec<D> silu(D d, Vec<D> x) {
  return Div(x, sigmoid_divisor(d, x));
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
