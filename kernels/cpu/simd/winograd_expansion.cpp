#include "kernels/cpu/simd/winograd.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/winograd_expansion.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

constexpr int points = winograd_points(3);
constexpr double a = winograd_pair(3, 0), b = winograd_pair(3, 1), aa = a * a, bb = b * b;
constexpr std::int64_t sums_of_taps = winograd_sums * winograd_sums;

/// Channels whose sums of taps stay in the first-level cache while all rows of elements are made of them.
constexpr std::int64_t channels_at_once = 64;

/// An element along one dimension: sum `first` + `times` * sum `second`; what it lacks to be the weights' transform is
/// `factor`.
struct Expansion {
  int first, second;
  double times, factor;
};
constexpr Expansion expansions[points] = {
    {0, 1, -aa / bb, 1 / (aa * (bb - aa))},   {0, 2, 1, 1 / (2 * aa * (aa - bb))},
    {0, 2, -1, 1 / (2 * aa * (aa - bb))},     {1, 2, b / a, 1 / (2 * bb * (bb - aa))},
    {1, 2, -b / a, 1 / (2 * bb * (bb - aa))}, {1, 0, -1, 1 / (bb - aa)}};

/// One row of elements for one vector of output channels and some input channels.
struct ElementRow {
  const float *v, *v_left_out, *weights, *ahead;  ///< of column 0; of column 4; read now; read next
  float* m;
  std::int64_t v_stride, v_block, v_block_left_out;  ///< between elements of V, and vectors of channels
  std::int64_t m_stride, tile_stride, channels;      ///< between elements and tiles of M
  int row;
  bool first, last;
};

/// Tiles is their number, LeftOut those that have an element of point -b.
template <int Tiles, int LeftOut, class D>
HWY_NOINLINE void multiply_row(D d, const ElementRow& given) {
  const ElementRow p = given;  // of its own: what is stored might else change it
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(D()));
  const auto tiles_of = [](int column) { return column == winograd_left_out ? LeftOut : Tiles; };
  Vec<D> sums[points][Tiles];
  BANOFF_UNROLL
  for (int c = 0; c < points; ++c) {
    BANOFF_UNROLL
    for (int t = 0; t < Tiles; ++t)
      sums[c][t] = p.first || t >= tiles_of(c) ? Zero(d) : LoadU(d, p.m + c * p.m_stride + t * p.tile_stride);
  }
  const Expansion& down = expansions[p.row];
  const auto times_down = Set(d, static_cast<float>(down.times));
  const auto times_a = Set(d, static_cast<float>(-expansions[0].times));
  const auto times_b = Set(d, static_cast<float>(expansions[3].times));
  const float* first = p.weights + down.first * winograd_sums * lanes;
  const float* second = p.weights + down.second * winograd_sums * lanes;
  const float* ahead = p.ahead;
  const float* v = p.v;
  const float* v_left_out = p.v_left_out;
  for (std::int64_t left = p.channels; left > 0; left -= lanes, v += p.v_block, v_left_out += p.v_block_left_out) {
    for (std::int64_t k = 0; k < (left < lanes ? left : lanes); ++k) {
      __builtin_prefetch(ahead);
      __builtin_prefetch(ahead + lanes);
      const auto multiply = [&](int c, Vec<D> weights) HWY_ATTR {
        const float* x = c == winograd_left_out ? v_left_out : v + c * p.v_stride;
        BANOFF_UNROLL
        for (int t = 0; t < Tiles; ++t)
          if (t < tiles_of(c)) sums[c][t] = MulAdd(Set(d, x[t * lanes + k]), weights, sums[c][t]);
      };
      const auto sum = [&](int i) HWY_ATTR {
        return MulAdd(times_down, LoadU(d, second + i * lanes), LoadU(d, first + i * lanes));
      };
      const auto even_a = sum(0);
      const auto even_b = sum(1);
      const auto odd = sum(2);
      multiply(0, NegMulAdd(times_a, even_b, even_a));
      multiply(1, Add(even_a, odd));
      multiply(2, Sub(even_a, odd));
      multiply(3, MulAdd(times_b, odd, even_b));
      if constexpr (LeftOut > 0) multiply(4, NegMulAdd(times_b, odd, even_b));
      multiply(5, Sub(even_b, even_a));
      first += sums_of_taps * lanes;
      second += sums_of_taps * lanes;
      ahead += 2 * lanes;
    }
  }
  BANOFF_UNROLL
  for (int c = 0; c < points; ++c) {
    const auto factor = Set(d, p.last ? static_cast<float>(down.factor * expansions[c].factor) : 1.0F);
    BANOFF_UNROLL
    for (int t = 0; t < Tiles; ++t)
      if (t < tiles_of(c)) StoreU(Mul(factor, sums[c][t]), d, p.m + c * p.m_stride + t * p.tile_stride);
  }
}

template <int Tiles, int LeftOut, class D>
HWY_INLINE void multiply_left_out(D d, std::int64_t left_out, const ElementRow& row) {
  if constexpr (LeftOut > 0) {
    if (left_out < LeftOut) return multiply_left_out<Tiles, LeftOut - 1>(d, left_out, row);
  }
  multiply_row<Tiles, LeftOut>(d, row);
}
template <int Tiles, class D>
HWY_INLINE void multiply_tiles(D d, std::int64_t tiles, std::int64_t left_out, const ElementRow& row) {
  if constexpr (Tiles > 1) {
    if (tiles < Tiles) return multiply_tiles<Tiles - 1>(d, tiles, left_out, row);
  }
  multiply_left_out<Tiles, Tiles>(d, left_out, row);
}

void multiply_expanding(const WinogradExpansion& p) {
  const ScalableTag<float> d;
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(d));
  const std::int64_t columns = p.tiles.columns, wide = p.tiles.wide;
  for (std::int64_t vector = 0; vector < p.vectors; ++vector) {
    for (std::int64_t done = 0; done < p.channels; done += channels_at_once) {
      const std::int64_t channels = p.channels - done < channels_at_once ? p.channels - done : channels_at_once;
      const float* weights = p.weights + (vector * p.channels + done) * sums_of_taps * lanes;
      for (int row = 0; row < points; ++row) {
        const std::int64_t rows = row == winograd_left_out ? p.tiles.tall : p.tiles.rows;
        if (rows == 0) continue;
        const float* v = p.v + row * points * p.v_element_stride;
        const std::int64_t of_channel = p.tiles.rows * columns, left_out = p.tiles.rows * wide;
        const ElementRow at{v + done * of_channel,
                            v + winograd_left_out * p.v_element_stride + done * left_out,
                            weights,
                            weights + (sums_of_taps + 2 * row) * channels * lanes,
                            p.m + row * points * p.m_element_stride + vector * lanes,
                            p.v_element_stride,
                            of_channel * lanes,
                            left_out * lanes,
                            p.m_element_stride,
                            p.vectors * lanes,
                            channels,
                            row,
                            done == 0,
                            done + channels == p.channels};
        multiply_tiles<static_cast<int>(winograd_few)>(d, rows * columns, rows * wide, at);
      }
    }
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
WinogradExpansionKernel winograd_expansion_kernel(Isa isa) {
  return registers_of(isa) < 32 ? nullptr : BANOFF_FOR_ISA(isa, multiply_expanding);
}
}  // namespace banoff::cpu::simd
#endif
