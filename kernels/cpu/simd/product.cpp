#include "kernels/cpu/simd/product.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/product.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/tail-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Weights are read once and from far: the hardware's prefetcher stops at every page.
constexpr std::int64_t prefetch_ahead = 2048 / sizeof(float);

/// Adds the products of inputs k and, of a single row, k + 1: there two sums per output, so that an addition need not
/// wait for the one before.
template <int Rows, int Vectors, class D>
HWY_INLINE void multiply(D d, const ProductPanel& p, const float* x, const float* weights,
                         Vec<D> (&sums)[Rows][Vectors]) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  constexpr int apart = Rows == 1 ? 2 : 1;
  Vec<D> more[Vectors];
  for (int v = 0; v < Vectors; ++v) more[v] = Zero(d);
  std::int64_t k = 0;
  for (; k + apart <= p.in; k += apart) {
    const float* w = weights + k * product_panel;
    __builtin_prefetch(w + prefetch_ahead);
    Vec<D> weight[Vectors];
    for (int v = 0; v < Vectors; ++v) weight[v] = LoadU(d, w + v * lanes);
    for (int r = 0; r < Rows; ++r) {
      const auto value = Set(d, x[r * p.in + k]);
      for (int v = 0; v < Vectors; ++v) sums[r][v] = MulAdd(value, weight[v], sums[r][v]);
    }
    if constexpr (apart == 2) {
      __builtin_prefetch(w + prefetch_ahead + product_panel);
      const auto value = Set(d, x[k + 1]);
      for (int v = 0; v < Vectors; ++v) more[v] = MulAdd(value, LoadU(d, w + product_panel + v * lanes), more[v]);
    }
  }
  if constexpr (apart == 2) {
    if (k < p.in)
      for (int v = 0; v < Vectors; ++v)
        sums[0][v] = MulAdd(Set(d, x[k]), LoadU(d, weights + k * product_panel + v * lanes), sums[0][v]);
    for (int v = 0; v < Vectors; ++v) sums[0][v] = Add(sums[0][v], more[v]);
  }
}

/// Outputs from `o` on of rows [row, row + Rows), four vectors or as many as there are.
template <int Rows>
HWY_INLINE void product_rows(const ProductPanel& p, std::int64_t row, std::int64_t o, std::int64_t end) {
  const ScalableTag<float> d;
  constexpr int vectors = 4;
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  Vec<decltype(d)> sums[Rows][vectors];
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < vectors; ++v) sums[r][v] = LoadU(d, p.bias + o + v * lanes);
  multiply(d, p, p.x + row * p.in, p.weights + (o - p.panel * product_panel), sums);
  // Vector by vector: which of them exist is known here only.
  for (int v = 0; v < vectors && o + v * lanes < end; ++v) {
    const std::int64_t at = o + v * lanes;
    const std::int64_t left = end - at;
    Vec<decltype(d)> part[Rows][1];
    for (int r = 0; r < Rows; ++r) part[r][0] = sums[r][v];
    apply_tail(d, p.tail, {row * p.out + at, p.out, 0, at, left < lanes ? left : 0}, part);
    for (int r = 0; r < Rows; ++r) store_lanes(d, part[r][0], p.y + (row + r) * p.out + at, left);
  }
}

void product(const ProductPanel& p) {
  const ScalableTag<float> d;
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const std::int64_t first = p.panel * product_panel;
  const std::int64_t end = p.out < first + product_panel ? p.out : first + product_panel;
  for (std::int64_t o = first; o < end; o += 4 * lanes) {
    std::int64_t row = 0;
    for (; row + 2 <= p.rows; row += 2) product_rows<2>(p, row, o, end);
    if (row < p.rows) product_rows<1>(p, row, o, end);
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
ProductKernel product_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, product); }
}  // namespace banoff::cpu::simd
#endif
