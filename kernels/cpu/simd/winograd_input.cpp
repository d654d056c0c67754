#include "kernels/cpu/simd/winograd.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/winograd_input.cpp"
#include "hwy/foreach_target.h"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/winograd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Down the columns of the image, which neighbouring tiles share, into lines[point][column].
template <int Outputs, bool Masked, class D>
HWY_INLINE void transform_columns(D d, const WinogradInput& in, std::int64_t block, std::int64_t columns) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const std::int64_t line = columns * lanes;
  const auto mask = FirstN(d, static_cast<std::size_t>(Masked ? in.channels - block * lanes : lanes));
  const auto put_zeros = [&](std::int64_t column) HWY_ATTR {
    for (int p = 0; p < winograd_points; ++p) StoreU(Zero(d), d, in.lines + p * line + column * lanes);
  };
  std::int64_t column = 0;
  for (; column < columns && in.first_column + column < 0; ++column) put_zeros(column);
  const std::int64_t end = in.width - in.first_column < columns ? in.width - in.first_column : columns;
  const std::int64_t first = in.first_column + column;
  const float* rows[Outputs + 2];
  for (int i = 0; i < Outputs + 2; ++i)
    rows[i] = in.rows[i] + (in.strides[i] == 0 ? 0 : block * in.block_stride + first * in.strides[i]);
  for (; column < end; ++column) {
    winograd_forward<Outputs>(
        d,
        [&](int i) HWY_ATTR {
          const float* p = rows[i];
          rows[i] += in.strides[i];
          if constexpr (Masked) return MaskedLoad(mask, d, p);
          else return LoadU(d, p);
        },
        [&](int p, Vec<D> v) HWY_ATTR { StoreU(v, d, in.lines + p * line + column * lanes); });
  }
  for (; column < columns; ++column) put_zeros(column);
}

/// Along one line of a point, tile by tile, into V.
template <int Outputs, class D>
HWY_INLINE void transform_tiles(D d, const float* line, float* v, float* v_left_out, std::int64_t element_stride,
                                std::int64_t count) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  for (std::int64_t tile = 0; tile < count; ++tile) {
    winograd_forward<Outputs>(
        d, [&](int i) HWY_ATTR { return LoadU(d, line + i * lanes); },
        [&](int p, Vec<D> x) HWY_ATTR { StoreU(x, d, p == winograd_left_out ? v_left_out : v + p * element_stride); });
    line += Outputs * lanes;
    v += lanes;
    v_left_out += lanes;
  }
}

void transform_input(const WinogradInput& given) {
  const WinogradInput in = given;  // of its own: what is stored might else change it
  const ScalableTag<float> d;
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const WinogradTiles& tiles = in.tiles;
  const bool tall = in.row < tiles.tall;
  const std::int64_t columns = tiles.output_column(tiles.columns) + 2;
  for (std::int64_t block = 0; block * lanes < in.channels; ++block) {
    const bool masked = in.masked && (block + 1) * lanes > in.channels;
    if (tall && masked) transform_columns<4, true>(d, in, block, columns);
    else if (tall) transform_columns<4, false>(d, in, block, columns);
    else if (masked) transform_columns<3, true>(d, in, block, columns);
    else transform_columns<3, false>(d, in, block, columns);
    for (int p = 0; p < winograd_points; ++p) {
      if (p == winograd_left_out && !tall) continue;
      const float* line = in.lines + p * columns * lanes;
      float* v = in.v + p * winograd_points * in.element_stride;
      float* first = v + (block * tiles.rows + in.row) * tiles.columns * lanes;
      float* left_out = v + winograd_left_out * in.element_stride + (block * tiles.rows + in.row) * tiles.wide * lanes;
      transform_tiles<4>(d, line, first, left_out, in.element_stride, tiles.wide);
      transform_tiles<3>(d, line + 4 * tiles.wide * lanes, first + tiles.wide * lanes, nullptr, in.element_stride,
                         tiles.columns - tiles.wide);
    }
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
WinogradInputKernel winograd_input_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, transform_input); }
}  // namespace banoff::cpu::simd
#endif
