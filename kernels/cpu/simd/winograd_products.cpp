#include "kernels/cpu/simd/winograd.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/winograd_products.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

constexpr int most_tiles = winograd_tiles_at_once(target_isa);
/// With one vector of output channels.
constexpr int most_tiles_of_one = most_tiles < 12 ? 12 : most_tiles;

/// Weights are read once for all tiles of a block and from far: the hardware's prefetcher stops at every page.
constexpr std::int64_t prefetch_ahead = 4096 / sizeof(float);

/// `x` in a register: GCC would otherwise load it again for each of its products.
template <class V>
HWY_INLINE void keep(V& x) {
#if HWY_ARCH_X86 && HWY_COMPILER_GCC && !HWY_COMPILER_CLANG
  asm("" : "+v"(x.raw));
#else
  static_cast<void>(x);
#endif
}

/// Rows x Vectors sums over all channels.
template <int Rows, int Vectors, bool Prefetch, class D>
HWY_INLINE void multiply(D d, const float* v, std::int64_t block_stride, const float* w, std::int64_t channels,
                         float* m) {
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(D()));
  Vec<D> sums[Rows][Vectors];
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    BANOFF_UNROLL
    for (int i = 0; i < Vectors; ++i) sums[r][i] = Zero(d);
  }
  for (; channels > 0; channels -= lanes, v += block_stride) {
    const float* end = v + (channels < lanes ? channels : lanes);
    for (const float* x = v; x < end; ++x, w += Vectors * lanes) {
      Vec<D> weights[Vectors];
      BANOFF_UNROLL
      for (int i = 0; i < Vectors; ++i) {
        weights[i] = LoadU(d, w + i * lanes);
        if constexpr (Prefetch) __builtin_prefetch(w + prefetch_ahead + i * lanes);
      }
      BANOFF_UNROLL
      for (int r = 0; r < Rows; ++r) {
        auto one = Set(d, x[r * lanes]);
        if constexpr (Vectors > 1) keep(one);
        BANOFF_UNROLL
        for (int i = 0; i < Vectors; ++i) sums[r][i] = MulAdd(one, weights[i], sums[r][i]);
      }
    }
  }
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    BANOFF_UNROLL
    for (int i = 0; i < Vectors; ++i) StoreU(sums[r][i], d, m + (r * Vectors + i) * lanes);
  }
}

/// The instance for `rows`, which are at most Rows.
template <int Rows, int Vectors, bool Prefetch, class D>
HWY_NOINLINE void multiply_rows(D d, std::int64_t rows, const float* v, std::int64_t block_stride, const float* w,
                                std::int64_t channels, float* m) {
  if constexpr (Rows > 1) {
    if (rows < Rows) return multiply_rows<Rows - 1, Vectors, Prefetch>(d, rows, v, block_stride, w, channels, m);
  }
  multiply<Rows, Vectors, Prefetch>(d, v, block_stride, w, channels, m);
}

template <int Vectors>
HWY_INLINE void multiply_elements(const WinogradProducts& p) {
  const ScalableTag<float> d;
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(d));
  constexpr int most = Vectors > 1 ? most_tiles : most_tiles_of_one;
  const float* w = p.weights;
  for (int e = 0; e < p.points_down * p.points_across; ++e, w += p.channels * Vectors * lanes) {
    const int row = e / p.points_across, column = e % p.points_across;
    const std::int64_t count = p.tiles.of_element(row, column);
    const std::int64_t block_stride = p.tiles.rows * p.tiles.in_row(column) * lanes;
    const std::int64_t chunks = (count + most - 1) / most;
    const float* v = p.v + e * p.v_element_stride;
    float* m = p.m + e * p.m_element_stride;
    std::int64_t done = 0;
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      const std::int64_t rows = (count - done + chunks - chunk - 1) / (chunks - chunk);
      const float* from = v + done * lanes;
      float* to = m + done * Vectors * lanes;
      if (chunk == 0) multiply_rows<most, Vectors, true>(d, rows, from, block_stride, w, p.channels, to);
      else multiply_rows<most, Vectors, false>(d, rows, from, block_stride, w, p.channels, to);
      done += rows;
    }
  }
}

void multiply_group(const WinogradProducts& p) {
  if (p.vectors > 1) multiply_elements<winograd_vectors>(p);
  else multiply_elements<1>(p);
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
WinogradProductsKernel winograd_products_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, multiply_group); }
}  // namespace banoff::cpu::simd
#endif
