#include "kernels/cpu/simd/depthwise.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/grouped.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/filters-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Adds the taps of one row of the kernel: for every distance, each pixel of the row of the input is read with its
/// channels exchanged, and serves all taps that it has. `at(i)` is where its pixel i lies.
template <int Kernel, int Stride, int Pixels, class D, class At>
HWY_INLINE void add_row(D d, const DepthwiseRows& p, const At& at, const float* weights, Vec<D> (&sums)[Pixels][1]) {
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(d));
  constexpr int reach = (Pixels - 1) * Stride + Kernel;
  for (std::int64_t distance = 0; distance < p.group; ++distance) {
    const auto partners = SetTableIndices(d, p.partners + distance * lanes);
    Vec<D> weight[Kernel];
    BANOFF_UNROLL
    for (int kx = 0; kx < Kernel; ++kx) {
      weight[kx] = LoadU(d, weights + kx * lanes);
      keep_in_register(weight[kx]);
    }
    weights += Kernel * lanes;
    BANOFF_UNROLL
    for (int i = 0; i < reach; ++i) {
      auto value = TableLookupLanes(LoadU(d, at(i)), partners);
      BANOFF_UNROLL
      for (int kx = 0; kx < Kernel; ++kx) {
        if ((i - kx) % Stride != 0 || i < kx || (i - kx) / Stride >= Pixels) continue;
        sums[(i - kx) / Stride][0] = MulAdd(value, weight[kx], sums[(i - kx) / Stride][0]);
      }
    }
  }
}

/// Pixels [column, column + Pixels) of one row of the output; `Border`: some of their windows stick out at a side.
template <int Kernel, int Stride, int Pixels, bool Border>
HWY_INLINE void grouped_tile(const DepthwiseRows& p, std::int64_t row, std::int64_t column) {
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
    const float* row_start = p.x + (top + ky) * p.width * p.x_pixel;
    const float* weights = p.weights + ky * p.group * Kernel * lanes;
    if constexpr (Border) {
      const float* pixels[reach];
      for (int i = 0; i < reach; ++i) {
        const bool outside = left + i < 0 || left + i >= p.width;
        pixels[i] = outside ? nothing<float> : row_start + (left + i) * p.x_pixel;
      }
      add_row<Kernel, Stride>(
          d, p, [&](int i) { return pixels[i]; }, weights, sums);
    } else {
      // Three pixels to an address: more addresses than that would not stay in registers.
      constexpr int addresses = (reach + 2) / 3;
      const float* at[addresses];
      BANOFF_UNROLL
      for (int a = 0; a < addresses; ++a) at[a] = row_start + (left + 3 * a) * p.x_pixel;
      add_row<Kernel, Stride>(
          d, p, [&](int i) { return at[i / 3] + i % 3 * p.x_pixel; }, weights, sums);
    }
  }
  const std::int64_t at = p.offset + (row * p.out_width + column) * p.y_pixel;
  store_tile(d, p.target, {at, p.y_pixel, 0, p.channel, p.last_lanes}, sums);
}

template <int Kernel, int Stride, int Pixels, bool Border>
HWY_NOINLINE void grouped_rows(const DepthwiseRows& given, std::int64_t column) {
  const DepthwiseRows p = given;  // of which the compiler knows that nothing else points at it
  for (std::int64_t row = p.first_row; row < p.end_row; ++row)
    grouped_tile<Kernel, Stride, Pixels, Border>(p, row, column);
}

template <int Kernel, int Stride, int Pixels>
HWY_INLINE void grouped_columns(const DepthwiseRows& p) {
  for (std::int64_t next = 0; next < p.out_width; next += Pixels) {
    // The last tile may repeat pixels of the one before.
    const std::int64_t column = next + Pixels <= p.out_width ? next : p.out_width - Pixels;
    const std::int64_t left = column * Stride - p.pad_left;
    if (left >= 0 && left + (Pixels - 1) * Stride + Kernel <= p.width)
      grouped_rows<Kernel, Stride, Pixels, false>(p, column);
    else grouped_rows<Kernel, Stride, Pixels, true>(p, column);
  }
}

template <int Kernel, int Stride>
void grouped(const DepthwiseRows& p) {
  constexpr int most = many_registers && Stride == 1 ? 14 : 7;
  if (p.out_width >= most) grouped_columns<Kernel, Stride, most>(p);
  else if (p.out_width >= 7) grouped_columns<Kernel, Stride, 7>(p);
  else if (p.out_width >= 4) grouped_columns<Kernel, Stride, 4>(p);
  else grouped_columns<Kernel, Stride, 1>(p);
}

DepthwiseKernel grouped_of(std::int64_t kernel, std::int64_t stride) {
  if (kernel != 3) return nullptr;
  return stride == 1 ? grouped<3, 1> : stride == 2 ? grouped<3, 2> : nullptr;
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
DepthwiseKernel grouped_kernel(Isa isa, std::int64_t kernel, std::int64_t stride) {
  return BANOFF_FOR_ISA(isa, grouped_of)(kernel, stride);
}
}  // namespace banoff::cpu::simd
#endif
