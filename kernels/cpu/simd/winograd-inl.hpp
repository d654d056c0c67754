// The one-dimensional transforms of Winograd's filtering, on vectors. Included once per target.
#if defined(BANOFF_SIMD_WINOGRAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_WINOGRAD_INL
#undef BANOFF_SIMD_WINOGRAD_INL
#else
#define BANOFF_SIMD_WINOGRAD_INL
#endif

#include "hwy/highway.h"
#include "kernels/cpu/simd/winograd.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {
using namespace hwy::HWY_NAMESPACE;  // NOLINT: Highway's operations are meant to be used so

inline constexpr float wino_a = winograd_a, wino_b = winograd_b;
inline constexpr float wino_aa = wino_a * wino_a, wino_bb = wino_b * wino_b;

/// B^T x: `load(i)` is input i, `store(p, v)` takes the element of point p. Row p holds the coefficients of the product
/// of (t - q) over all points q other than p.
template <int Outputs, class D, class Load, class Store>
HWY_INLINE void winograd_forward(D d, const Load& load, const Store& store) {
  const auto a = Set(d, wino_a);
  const auto b = Set(d, wino_b);
  const auto aa = Set(d, wino_aa);
  const auto bb = Set(d, wino_bb);
  const auto x0 = load(0);
  const auto x1 = load(1);
  const auto x2 = load(2);
  const auto x3 = load(3);
  const auto x4 = load(4);
  if constexpr (Outputs == 4) {
    const auto aabb = Set(d, wino_aa * wino_bb);
    const auto sum = Set(d, wino_aa + wino_bb);
    const auto x5 = load(5);
    store(0, MulAdd(aabb, x0, NegMulAdd(sum, x2, x4)));
    const auto even_a = NegMulAdd(bb, x2, x4);
    const auto odd_a = NegMulAdd(bb, x1, x3);
    store(1, MulAdd(a, odd_a, even_a));
    store(2, NegMulAdd(a, odd_a, even_a));
    const auto even_b = NegMulAdd(aa, x2, x4);
    const auto odd_b = NegMulAdd(aa, x1, x3);
    store(3, MulAdd(b, odd_b, even_b));
    store(4, NegMulAdd(b, odd_b, even_b));
    store(5, MulAdd(aabb, x1, NegMulAdd(sum, x3, x5)));
  } else {
    // The same without the factor (t + b), times (p + b), which the weights of point p lack then.
    const auto y0 = NegMulAdd(b, x0, x1);
    const auto y1 = NegMulAdd(b, x1, x2);
    const auto y2 = NegMulAdd(b, x2, x3);
    const auto y3 = NegMulAdd(b, x3, x4);
    store(0, Mul(b, NegMulAdd(aa, y0, y2)));
    store(1, Mul(Set(d, wino_a + wino_b), MulAdd(a, y1, y2)));
    store(2, Mul(Set(d, wino_b - wino_a), NegMulAdd(a, y1, y2)));
    store(3, Mul(Set(d, 2 * wino_b), NegMulAdd(aa, x1, x3)));
    store(5, NegMulAdd(aa, y1, y3));
  }
}

/// A^T m: row i holds the points' powers i, infinity's in the last.
template <int Outputs, class D, class Load, class Store>
HWY_INLINE void winograd_backward(D d, const Load& load, const Store& store) {
  const auto a = Set(d, wino_a);
  const auto b = Set(d, wino_b);
  const auto aa = Set(d, wino_aa);
  const auto bb = Set(d, wino_bb);
  const auto m1 = load(1);
  const auto m2 = load(2);
  const auto m3 = load(3);
  const auto even_a = Add(m1, m2);
  const auto odd_a = Mul(a, Sub(m1, m2));
  if constexpr (Outputs == 4) {
    const auto m4 = load(4);
    const auto even_b = Add(m3, m4);
    const auto odd_b = Mul(b, Sub(m3, m4));
    store(0, Add(load(0), Add(even_a, even_b)));
    store(1, Add(odd_a, odd_b));
    store(2, MulAdd(aa, even_a, Mul(bb, even_b)));
    store(3, Add(load(5), MulAdd(aa, odd_a, Mul(bb, odd_b))));
  } else {
    store(0, Add(load(0), Add(even_a, m3)));
    store(1, MulAdd(b, m3, odd_a));
    store(2, Add(load(5), MulAdd(aa, even_a, Mul(bb, m3))));
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
