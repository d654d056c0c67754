#include "kernels/cpu/simd/product.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/product.cpp"
#include "hwy/foreach_target.h"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/tail-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Weights are read once and from far: the hardware's prefetcher stops at every page.
constexpr std::int64_t prefetch_ahead = 2048 / sizeof(float);

/// Two sums per output, so that an addition need not wait for the one before.
template <int Vectors, class D>
HWY_INLINE void multiply(D d, const ProductPanel& p, const float* x, const float* weights, Vec<D> (&sums)[1][Vectors]) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  Vec<D> odd[Vectors];
  for (int v = 0; v < Vectors; ++v) odd[v] = Zero(d);
  std::int64_t k = 0;
  for (; k + 2 <= p.in; k += 2) {
    const float* w = weights + k * product_panel;
    __builtin_prefetch(w + prefetch_ahead);
    __builtin_prefetch(w + prefetch_ahead + product_panel);
    const auto first = Set(d, x[k]);
    const auto second = Set(d, x[k + 1]);
    for (int v = 0; v < Vectors; ++v) sums[0][v] = MulAdd(first, LoadU(d, w + v * lanes), sums[0][v]);
    for (int v = 0; v < Vectors; ++v) odd[v] = MulAdd(second, LoadU(d, w + product_panel + v * lanes), odd[v]);
  }
  if (k < p.in)
    for (int v = 0; v < Vectors; ++v)
      sums[0][v] = MulAdd(Set(d, x[k]), LoadU(d, weights + k * product_panel + v * lanes), sums[0][v]);
  for (int v = 0; v < Vectors; ++v) sums[0][v] = Add(sums[0][v], odd[v]);
}

void product(const ProductPanel& p) {
  const ScalableTag<float> d;
  constexpr int vectors = 4;
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const std::int64_t first = p.panel * product_panel;
  const std::int64_t end = p.out < first + product_panel ? p.out : first + product_panel;
  for (std::int64_t row = 0; row < p.rows; ++row) {
    for (std::int64_t o = first; o < end; o += vectors * lanes) {
      Vec<decltype(d)> sums[1][vectors];
      for (int v = 0; v < vectors; ++v) sums[0][v] = LoadU(d, p.bias + o + v * lanes);
      multiply(d, p, p.x + row * p.in, p.weights + (o - first), sums);
      // Vector by vector: which of them exist is known here only.
      for (int v = 0; v < vectors && o + v * lanes < end; ++v) {
        const std::int64_t at = o + v * lanes;
        const std::int64_t left = end - at;
        Vec<decltype(d)> one[1][1] = {{sums[0][v]}};
        apply_tail(d, p.tail, {row * p.out + at, 0, 0, at, left < lanes ? left : 0}, one);
        store_lanes(d, one[0][0], p.y + row * p.out + at, left);
      }
    }
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
ProductKernel product_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, product); }
}  // namespace banoff::cpu::simd
#endif
