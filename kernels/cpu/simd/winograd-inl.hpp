// The one-dimensional transforms of Winograd's filtering, on vectors. Included once per target.
#if defined(BANOFF_SIMD_WINOGRAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_WINOGRAD_INL
#undef BANOFF_SIMD_WINOGRAD_INL
#else
#define BANOFF_SIMD_WINOGRAD_INL
#endif

#include "kernels/cpu/simd/vectors-inl.hpp"
#include "kernels/cpu/simd/winograd.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Polynomials in t^2 whose coefficients the transforms are made of.
template <int Taps>
struct Polynomials {
  static constexpr int pairs = (Taps + 1) / 2;
  float points[pairs] = {}, squares[pairs] = {}, cubes[pairs] = {};
  float all[pairs + 1] = {};         ///< the product of (t^2 - p^2) over all pairs
  float without[pairs][pairs] = {};  ///< but for one
};
template <int Taps>
constexpr Polynomials<Taps> polynomials() {
  Polynomials<Taps> result;
  constexpr int pairs = Polynomials<Taps>::pairs;
  for (int left = 0; left <= pairs; ++left) {  // pairs: none is left out
    double product[pairs + 2] = {1};
    for (int i = 0; i < pairs; ++i) {
      if (i == left) continue;
      const double square = winograd_pair(Taps, i) * winograd_pair(Taps, i);
      for (int k = pairs; k >= 0; --k) product[k] = (k > 0 ? product[k - 1] : 0) - square * product[k];
    }
    for (int k = 0; k <= pairs; ++k) {
      if (left == pairs) result.all[k] = static_cast<float>(product[k]);
      else if (k < pairs) result.without[left][k] = static_cast<float>(product[k]);
    }
  }
  for (int i = 0; i < pairs; ++i) {
    const double p = winograd_pair(Taps, i);
    result.points[i] = static_cast<float>(p);
    result.squares[i] = static_cast<float>(p * p);
    result.cubes[i] = static_cast<float>(p * p * p);
  }
  return result;
}

/// c[0] x(first) + c[1] x(first + 2) + … + x(first + 2 (Count - 1)), whose coefficient is 1.
template <int Count, class D, class Input>
HWY_INLINE Vec<D> every_other(D d, const float* c, const Input& x, int first) {
  auto sum = x(first + 2 * (Count - 1));
  BANOFF_UNROLL
  for (int k = 0; k + 1 < Count; ++k) sum = MulAdd(Set(d, c[k]), x(first + 2 * k), sum);
  return sum;
}

/// B^T x for tiles of 3 outputs of 3 taps: the same as for 4 without the factor (t + b), times (p + b), which the
/// weights of point p lack then.
template <class D, class Load, class Store>
HWY_INLINE void forward_3(D d, const Load& load, const Store& store) {
  constexpr float a = winograd_pair(3, 0), b = winograd_pair(3, 1);
  const auto va = Set(d, a);
  const auto vb = Set(d, b);
  const auto aa = Set(d, a * a);
  const auto x1 = load(1);
  const auto x3 = load(3);
  const auto x2 = load(2);
  const auto y0 = NegMulAdd(vb, load(0), x1);
  const auto y1 = NegMulAdd(vb, x1, x2);
  const auto y2 = NegMulAdd(vb, x2, x3);
  const auto y3 = NegMulAdd(vb, x3, load(4));
  store(0, Mul(vb, NegMulAdd(aa, y0, y2)));
  store(1, Mul(Set(d, a + b), MulAdd(va, y1, y2)));
  store(2, Mul(Set(d, b - a), NegMulAdd(va, y1, y2)));
  store(3, Mul(Set(d, 2 * b), NegMulAdd(aa, x1, x3)));
  store(5, NegMulAdd(aa, y1, y3));
}

/// B^T x: `load(i)` is input i, `store(p, v)` takes the element of point p. Row p holds the coefficients of the product
/// of (t - q) over all points q other than p.
template <int Taps, int Outputs, class D, class Load, class Store>
HWY_INLINE void winograd_forward(D d, const Load& load, const Store& store) {
  if constexpr (Taps == 1) {
    store(0, load(0));
  } else if constexpr (Outputs == 3) {
    forward_3(d, load, store);
  } else {
    static constexpr auto c = polynomials<Taps>();
    constexpr int pairs = c.pairs, count = 2 * pairs + 2;
    Vec<D> x[count];
    BANOFF_UNROLL
    for (int i = 0; i < count; ++i) x[i] = load(i);
    const auto input = [&](int i) HWY_ATTR { return x[i]; };
    store(0, every_other<pairs + 1>(d, c.all, input, 0));
    BANOFF_UNROLL
    for (int i = 0; i < pairs; ++i) {
      const auto even = every_other<pairs>(d, c.without[i], input, 2);
      const auto odd = every_other<pairs>(d, c.without[i], input, 1);
      const auto p = Set(d, c.points[i]);
      store(2 * i + 1, MulAdd(p, odd, even));
      store(2 * i + 2, NegMulAdd(p, odd, even));
    }
    store(count - 1, every_other<pairs + 1>(d, c.all, input, 1));
  }
}

/// A^T m: row i holds the points' powers i, infinity's in the last.
template <int Taps, int Outputs, class D, class Load, class Store>
HWY_INLINE void winograd_backward(D d, const Load& load, const Store& store) {
  if constexpr (Taps == 1) {
    store(0, load(0));
  } else {
    static constexpr auto c = polynomials<Taps>();
    constexpr int pairs = c.pairs;
    Vec<D> even[pairs], odd[pairs];
    BANOFF_UNROLL
    for (int i = 0; i < pairs; ++i) {
      const auto plus = load(2 * i + 1);
      if (Outputs == 3 && i == pairs - 1) {  // without its partner
        even[i] = odd[i] = plus;
      } else {
        const auto minus = load(2 * i + 2);
        even[i] = Add(plus, minus);
        odd[i] = Sub(plus, minus);
      }
    }
    auto y0 = Add(even[0], load(0));
    auto y1 = Mul(Set(d, c.points[0]), odd[0]);
    auto y2 = Mul(Set(d, c.squares[0]), even[0]);
    BANOFF_UNROLL
    for (int i = 1; i < pairs; ++i) {
      y0 = Add(y0, even[i]);
      y1 = MulAdd(Set(d, c.points[i]), odd[i], y1);
      y2 = MulAdd(Set(d, c.squares[i]), even[i], y2);
    }
    const auto infinity = load(2 * pairs + 1);
    store(0, y0);
    store(1, y1);
    if constexpr (Outputs == 3) {
      store(2, Add(y2, infinity));
    } else {
      store(2, y2);
      auto y3 = MulAdd(Set(d, c.cubes[0]), odd[0], infinity);
      BANOFF_UNROLL
      for (int i = 1; i < pairs; ++i) y3 = MulAdd(Set(d, c.cubes[i]), odd[i], y3);
      store(3, y3);
    }
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
