// Depthwise convolutions of values in 32 or 16 bits, computed in floats. Included once per target.
#if defined(BANOFF_SIMD_FILTERS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_FILTERS_INL
#undef BANOFF_SIMD_FILTERS_INL
#else
#define BANOFF_SIMD_FILTERS_INL
#endif

#include "kernels/cpu/simd/depthwise.hpp"
#include "kernels/cpu/simd/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// What a border's windows read beside the picture.
template <class T>
alignas(64) constexpr T nothing[16] = {};

/// Pixels [column, column + Pixels) of one row of the output. A row of the input is read once into registers and used
/// for all taps that it has. Of its columns the first Left and last Right lie outside, and their taps are left out; of
/// -1 it is found out here, and they read zeros.
template <int Kernel, int Stride, int Pixels, int Left, int Right, class T>
HWY_INLINE void depthwise_tile(const DepthwiseRowsOf<T>& p, std::int64_t row, std::int64_t column) {
  const ScalableTag<float> d;
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(d));
  constexpr int reach = (Pixels - 1) * Stride + Kernel;
  const std::int64_t top = row * Stride - p.pad_top;
  const std::int64_t left = column * Stride - p.pad_left;
  const std::int64_t first = top < 0 ? -top : 0;
  const std::int64_t end = p.height - top < Kernel ? p.height - top : Kernel;

  Vec<decltype(d)> sums[Pixels][1];
  const auto bias = LoadU(d, p.bias);
  BANOFF_UNROLL
  for (int t = 0; t < Pixels; ++t) sums[t][0] = bias;
  for (std::int64_t ky = first; ky < end; ++ky) {
    const T* x = p.x + ((top + ky) * p.width + left) * p.x_pixel;
    const float* weights = p.weights + ky * Kernel * lanes;
    Vec<decltype(d)> line[reach];
    BANOFF_UNROLL
    for (int i = 0; i < reach; ++i) {
      if (Left >= 0 && (i < Left || i >= reach - Right)) continue;
      const bool outside = Left < 0 && (left + i < 0 || left + i >= p.width);
      line[i] = load(d, outside ? nothing<T> : x + i * p.x_pixel);
      if constexpr (many_registers) keep_in_register(line[i]);
    }
    BANOFF_UNROLL
    for (int kx = 0; kx < Kernel; ++kx) {
      const auto weight = LoadU(d, weights + kx * lanes);
      BANOFF_UNROLL
      for (int t = 0; t < Pixels; ++t) {
        const int i = t * Stride + kx;
        if (Left >= 0 && (i < Left || i >= reach - Right)) continue;
        sums[t][0] = MulAdd(line[i], weight, sums[t][0]);
      }
    }
  }
  const std::int64_t at = p.offset + (row * p.out_width + column) * p.y_pixel;
  store_tile(d, p.target, {at, p.y_pixel, 0, p.channel, p.last_lanes}, sums);
}

template <int Kernel, int Stride, int Pixels, int Left, int Right, class T>
HWY_NOINLINE void depthwise_rows(const DepthwiseRowsOf<T>& given, std::int64_t column) {
  const DepthwiseRowsOf<T> p = given;  // of which the compiler knows that nothing else points at it
  for (std::int64_t row = p.first_row; row < p.end_row; ++row)
    depthwise_tile<Kernel, Stride, Pixels, Left, Right>(p, row, column);
}

template <int Kernel, int Stride, int Pixels, class T>
HWY_INLINE void depthwise_columns(const DepthwiseRowsOf<T>& p) {
  [[maybe_unused]] constexpr int half = Kernel / 2;
  // With this padding a row of strided windows that fills the picture ends one column earlier.
  [[maybe_unused]] constexpr int end = Stride == 1 ? half : half - 1;
  for (std::int64_t next = 0; next < p.out_width; next += Pixels) {
    // The last tile may repeat pixels of the one before.
    const std::int64_t column = next + Pixels <= p.out_width ? next : p.out_width - Pixels;
    const std::int64_t before = p.pad_left - column * Stride;
    const std::int64_t behind = (Pixels - 1) * Stride + Kernel - before - p.width;
    const std::int64_t left = before > 0 ? before : 0;
    const std::int64_t right = behind > 0 ? behind : 0;
    if (left == 0 && right == 0) {
      depthwise_rows<Kernel, Stride, Pixels, 0, 0>(p, column);
      continue;
    }
    if constexpr (Pixels == 7 && Kernel <= 5) {  // the borders that networks have, in tiles that they have
      if (left == half && right == 0) {
        depthwise_rows<Kernel, Stride, Pixels, half, 0>(p, column);
        continue;
      }
      if (left == 0 && right == end) {
        depthwise_rows<Kernel, Stride, Pixels, 0, end>(p, column);
        continue;
      }
      if (left == half && right == end) {
        depthwise_rows<Kernel, Stride, Pixels, half, end>(p, column);
        continue;
      }
    }
    depthwise_rows<Kernel, Stride, Pixels, -1, -1>(p, column);
  }
}

template <int Kernel, int Stride, class T>
void depthwise(const DepthwiseRowsOf<T>& p) {
  if (p.out_width >= 7) depthwise_columns<Kernel, Stride, 7>(p);
  else if (p.out_width >= 4) depthwise_columns<Kernel, Stride, 4>(p);
  else depthwise_columns<Kernel, Stride, 1>(p);
}

template <class T>
DepthwiseKernelOf<T> depthwise_of(std::int64_t kernel, std::int64_t stride) {
  switch (kernel * 10 + stride) {
    case 31: return depthwise<3, 1, T>;
    case 32: return depthwise<3, 2, T>;
    case 51: return depthwise<5, 1, T>;
    case 52: return depthwise<5, 2, T>;
    case 71: return depthwise<7, 1, T>;
    case 72: return depthwise<7, 2, T>;
    default: return nullptr;
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
