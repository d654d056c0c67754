#include "kernels/cpu/simd/winograd.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/winograd_output.cpp"
#include "hwy/foreach_target.h"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/tail-inl.hpp"
#include "kernels/cpu/simd/winograd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// One vector of channels of a tile: where its products lie and where it goes.
struct OutputTile {
  const float *m, *m_left_out;  ///< of element row 0: column 0; column 4
  std::int64_t offset, channel, lanes;
  std::int64_t height, width;  ///< pixels of it that exist
};

template <int Count, class D>
HWY_INLINE void finish_pixels(D d, const WinogradOutput& out, const OutputTile& tile, std::int64_t offset,
                              Vec<D> (&pixels)[Count][1]) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const bool partial = tile.lanes < lanes;
  const std::int64_t exist = partial && !out.clears_padding ? tile.lanes : 0;
  apply_tail(d, out.tail, {offset, out.pixel_stride, out.vector_stride, tile.channel, exist}, pixels);
  BANOFF_UNROLL
  for (int c = 0; c < Count; ++c) {
    float* y = out.y + offset + c * out.pixel_stride;
    if (!partial) StoreU(pixels[c][0], d, y);
    else if (!out.clears_padding) store_lanes(d, pixels[c][0], y, tile.lanes);
    else StoreU(IfThenElseZero(FirstN(d, static_cast<std::size_t>(tile.lanes)), pixels[c][0]), d, y);
  }
}

template <int Rows, int Columns, class D>
HWY_INLINE void transform_tile(D d, const WinogradOutput& out, const OutputTile& tile) {
  const std::int64_t row_elements = winograd_points * out.element_stride;
  Vec<D> half[Rows][winograd_points];
  BANOFF_UNROLL
  for (int p = 0; p < winograd_points; ++p) {
    if (Columns == 3 && p == winograd_left_out) continue;
    const float* m = p == winograd_left_out ? tile.m_left_out : tile.m + p * out.element_stride;
    winograd_backward<Rows>(
        d, [&](int i) HWY_ATTR { return LoadU(d, m + i * row_elements); },
        [&](int i, Vec<D> v) HWY_ATTR { half[i][p] = v; });
  }
  const auto bias = LoadU(d, out.bias + tile.channel);
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    Vec<D> pixels[Columns][1];
    winograd_backward<Columns>(
        d, [&](int p) HWY_ATTR { return half[r][p]; }, [&](int c, Vec<D> v) HWY_ATTR { pixels[c][0] = Add(v, bias); });
    const std::int64_t offset = tile.offset + r * out.row_stride;
    if (r >= tile.height) return;
    if (tile.width >= Columns) {
      finish_pixels(d, out, tile, offset, pixels);
    } else {
      for (int c = 0; c < Columns; ++c) {  // a tile that is cut off
        if (c >= tile.width) break;
        Vec<D> one[1][1] = {{pixels[c][0]}};
        finish_pixels(d, out, tile, offset + c * out.pixel_stride, one);
      }
    }
  }
}

template <int Rows>
HWY_INLINE void transform_row(const WinogradOutput& out) {
  const ScalableTag<float> d;
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const WinogradTiles& tiles = out.tiles;
  const std::int64_t step = out.vectors * lanes;
  for (std::int64_t i = 0; i < out.vectors; ++i) {
    const std::int64_t channel = out.channel + i * lanes;
    if (channel >= out.channels) break;
    const float* m = out.m + i * lanes;
    const float* left_out = m + winograd_left_out * out.element_stride + out.row * tiles.wide * step;
    m += out.row * tiles.columns * step;
    for (std::int64_t column = 0; column < tiles.columns; ++column) {
      const std::int64_t x = tiles.output_column(column);
      const OutputTile tile{
          m + column * step, left_out + column * step, out.offset + i * out.vector_stride + x * out.pixel_stride,
          channel,           out.channels - channel,   out.height,
          out.width - x};
      if (column < tiles.wide) transform_tile<Rows, 4>(d, out, tile);
      else transform_tile<Rows, 3>(d, out, tile);
    }
  }
}

void transform_output(const WinogradOutput& out) {
  if (out.row < out.tiles.tall) transform_row<4>(out);
  else transform_row<3>(out);
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
WinogradOutputKernel winograd_output_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, transform_output); }
}  // namespace banoff::cpu::simd
#endif
