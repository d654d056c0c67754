#include "kernels/cpu/simd/winograd.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/winograd_output.cpp"
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

/// A tail of no more than a sum and bounds after it, which most are.
struct ShortTail {
  bool is_whole = false;         ///< whether the tail is no more than that
  const float* added = nullptr;  ///< lies as the output does; or null
  float low = -__builtin_inff(), high = __builtin_inff();

  explicit ShortTail(const Tail& tail) {
    int i = 0;
    if (i < tail.count && tail.steps[i].kind == TailKind::add) added = tail.steps[i++].a;
    if (i < tail.count && tail.steps[i].kind == TailKind::clip) low = tail.steps[i].low, high = tail.steps[i++].high;
    is_whole = i == tail.count;
  }
};

/// `Count` neighbouring pixels: the tail, and storing what exists of the vector.
template <int Count, class D>
HWY_INLINE void finish_pixels(D d, const WinogradOutput& out, const OutputTile& tile, std::int64_t offset,
                              const float* pixels) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const bool partial = tile.lanes < lanes;
  Vec<D> values[Count][1];
  BANOFF_UNROLL
  for (int c = 0; c < Count; ++c) values[c][0] = LoadU(d, pixels + c * lanes);
  apply_tail(
      d, out.tail,
      {offset, out.pixel_stride, out.vector_stride, tile.channel, partial && !out.clears_padding ? tile.lanes : 0},
      values);
  BANOFF_UNROLL
  for (int c = 0; c < Count; ++c) {
    float* y = out.y + offset + c * out.pixel_stride;
    if (!partial) StoreU(values[c][0], d, y);
    else if (!out.clears_padding) store_lanes(d, values[c][0], y, tile.lanes);
    else StoreU(IfThenElseZero(FirstN(d, static_cast<std::size_t>(tile.lanes)), values[c][0]), d, y);
  }
}

/// A tile with any tail, cut off or with lanes that do not exist: pixels are [rows][columns][lanes].
template <class D>
HWY_NOINLINE void finish_tile(D d, const WinogradOutput& out, const OutputTile& tile, const float* pixels,
                              std::int64_t rows, std::int64_t columns) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const std::int64_t width = tile.width < columns ? tile.width : columns;
  for (std::int64_t r = 0; r < rows && r < tile.height; ++r) {
    const std::int64_t offset = tile.offset + r * out.row_stride;
    const float* row = pixels + r * columns * lanes;
    if (width == 4) {
      finish_pixels<4>(d, out, tile, offset, row);
    } else {
      for (std::int64_t c = 0; c < width; ++c)
        finish_pixels<1>(d, out, tile, offset + c * out.pixel_stride, row + c * lanes);
    }
  }
}

/// Of Rows x Columns pixels, by taps Down and Across.
template <int Down, int Rows, int Across, int Columns, class D>
HWY_INLINE void transform_tile(D d, const WinogradOutput& out, const ShortTail& tail, const OutputTile& tile) {
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(D()));
  constexpr int points = winograd_points(Across);
  const std::int64_t row_elements = points * out.element_stride;
  const auto place = [&](int r, int c) { return tile.offset + r * out.row_stride + c * out.pixel_stride; };
  if (tail.added != nullptr) {  // on its way while the tile is transformed
    for (int r = 0; r < Rows; ++r) {
      for (int c = 0; c < Columns; ++c) hwy::Prefetch(tail.added + place(r, c));
    }
  }
  Vec<D> half[Rows][points];
  BANOFF_UNROLL
  for (int p = 0; p < points; ++p) {
    if (Columns == 3 && p == winograd_left_out) continue;
    const float* m = p == winograd_left_out ? tile.m_left_out : tile.m + p * out.element_stride;
    winograd_backward<Down, Rows>(
        d, [&](int i) HWY_ATTR { return LoadU(d, m + i * row_elements); },
        [&](int i, Vec<D> v) HWY_ATTR { half[i][p] = v; });
  }
  const auto bias = LoadU(d, out.bias + tile.channel);
  const auto each_pixel = [&](const auto& take) HWY_ATTR {
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r)
      winograd_backward<Across, Columns>(
          d, [&](int p) HWY_ATTR { return half[r][p]; }, [&](int c, Vec<D> v) HWY_ATTR { take(r, c, Add(v, bias)); });
  };
  if (!tail.is_whole || tile.height < Rows || tile.width < Columns || tile.lanes < lanes) {
    HWY_ALIGN float pixels[Rows * Columns * lanes];
    each_pixel([&](int r, int c, Vec<D> v) HWY_ATTR { Store(v, d, pixels + (r * Columns + c) * lanes); });
    return finish_tile(d, out, tile, pixels, Rows, Columns);
  }
  const auto low = Set(d, tail.low);
  const auto high = Set(d, tail.high);
  if (tail.added == nullptr) {
    each_pixel([&](int r, int c, Vec<D> v) HWY_ATTR { StoreU(clamped(d, v, low, high), d, out.y + place(r, c)); });
  } else {
    each_pixel([&](int r, int c, Vec<D> v) HWY_ATTR {
      const auto sum = Add(v, LoadU(d, tail.added + place(r, c)));
      StoreU(clamped(d, sum, low, high), d, out.y + place(r, c));
    });
  }
}

template <int Down, int Rows, int Across>
HWY_NOINLINE void transform_row(const WinogradOutput& given) {
  const WinogradOutput out = given;  // of its own: what is stored might else change it
  const ScalableTag<float> d;
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const WinogradTiles& tiles = out.tiles;
  const std::int64_t step = out.vectors * lanes;
  const ShortTail tail(out.tail);
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
      if constexpr (Across == 3) {
        if (column >= tiles.wide) {
          transform_tile<Down, Rows, Across, 3>(d, out, tail, tile);
          continue;
        }
      }
      transform_tile<Down, Rows, Across, winograd_outputs(Across)>(d, out, tail, tile);
    }
  }
}

void transform_output(const WinogradOutput& out) {
  const bool tall = out.row < out.tiles.tall;
  switch (out.taps_down * 10 + out.taps_across) {
    case 33: return tall ? transform_row<3, 4, 3>(out) : transform_row<3, 3, 3>(out);
    case 31: return tall ? transform_row<3, 4, 1>(out) : transform_row<3, 3, 1>(out);
    case 13: return transform_row<1, 1, 3>(out);
    case 55: return transform_row<5, 4, 5>(out);
    case 71: return transform_row<7, 4, 1>(out);
    case 17: return transform_row<1, 1, 7>(out);
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
WinogradOutputKernel winograd_output_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, transform_output); }
}  // namespace banoff::cpu::simd
#endif
