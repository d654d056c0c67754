#include "kernels/cpu/simd/winograd.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/winograd_input.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/winograd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Down the columns of the image, which neighbouring tiles share, into lines[point][column].
template <int Taps, int Outputs, bool Masked, class D>
HWY_INLINE void transform_columns(D d, const WinogradInput& in, std::int64_t block, std::int64_t columns) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const std::int64_t line = columns * lanes;
  const auto mask = FirstN(d, static_cast<std::size_t>(Masked ? in.channels - block * lanes : lanes));
  const float* padding = in.padding + block * lanes;
  const auto put_padding = [&](std::int64_t column) HWY_ATTR {
    const auto value = LoadU(d, padding);
    winograd_forward<Taps, Outputs>(
        d, [&](int) HWY_ATTR { return value; },
        [&](int p, Vec<D> v) HWY_ATTR { StoreU(v, d, in.lines + p * line + column * lanes); });
  };
  std::int64_t column = 0;
  for (; column < columns && in.first_column + column < 0; ++column) put_padding(column);
  const std::int64_t end = in.width - in.first_column < columns ? in.width - in.first_column : columns;
  const std::int64_t first = in.first_column + column;
  constexpr int count = Outputs + Taps - 1;
  const float* rows[count];
  for (int i = 0; i < count; ++i)
    rows[i] = in.strides[i] == 0 ? padding : in.rows[i] + block * in.block_stride + first * in.strides[i];
  for (; column < end; ++column) {
    winograd_forward<Taps, Outputs>(
        d,
        [&](int i) HWY_ATTR {
          const float* p = rows[i];
          rows[i] += in.strides[i];
          if constexpr (Masked) return MaskedLoad(mask, d, p);
          else return LoadU(d, p);
        },
        [&](int p, Vec<D> v) HWY_ATTR { StoreU(v, d, in.lines + p * line + column * lanes); });
  }
  for (; column < columns; ++column) put_padding(column);
}

template <int Taps, int Outputs, class D>
HWY_INLINE void transform_columns(D d, const WinogradInput& in, std::int64_t block, std::int64_t columns) {
  const bool masked = in.masked && (block + 1) * static_cast<std::int64_t>(Lanes(d)) > in.channels;
  if (masked) transform_columns<Taps, Outputs, true>(d, in, block, columns);
  else transform_columns<Taps, Outputs, false>(d, in, block, columns);
}

/// Along one line of a point, tile by tile, into V.
template <int Taps, int Outputs, class D>
HWY_INLINE void transform_tiles(D d, const float* line, float* v, float* v_left_out, std::int64_t element_stride,
                                std::int64_t count) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  for (std::int64_t tile = 0; tile < count; ++tile) {
    winograd_forward<Taps, Outputs>(
        d, [&](int i) HWY_ATTR { return LoadU(d, line + i * lanes); },
        [&](int p, Vec<D> x) HWY_ATTR {
          float* element = p == winograd_left_out ? v_left_out : v + p * element_stride;
          StoreU(x, d, element + tile * lanes);
        });
    line += Outputs * lanes;
  }
}

template <int Taps, class D>
HWY_INLINE void transform_lines(D d, const WinogradInput& in, std::int64_t block, std::int64_t columns) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const WinogradTiles& tiles = in.tiles;
  const std::int64_t row = block * tiles.rows + in.row;
  for (int p = 0; p < winograd_points(in.taps_down); ++p) {
    if (p == winograd_left_out && in.row >= tiles.tall) continue;
    const float* line = in.lines + p * columns * lanes;
    float* v = in.v + p * winograd_points(Taps) * in.element_stride;
    float* first = v + row * tiles.columns * lanes;
    float* left_out = v + winograd_left_out * in.element_stride + row * tiles.wide * lanes;
    if constexpr (Taps != 3) left_out = first + winograd_left_out * in.element_stride;
    transform_tiles<Taps, winograd_outputs(Taps)>(d, line, first, left_out, in.element_stride, tiles.wide);
    if constexpr (Taps == 3)
      transform_tiles<Taps, 3>(d, line + 4 * tiles.wide * lanes, first + tiles.wide * lanes, nullptr, in.element_stride,
                               tiles.columns - tiles.wide);
  }
}

void transform_input(const WinogradInput& given) {
  const WinogradInput in = given;  // of its own: what is stored might else change it
  const ScalableTag<float> d;
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const std::int64_t columns = in.tiles.output_column(in.tiles.columns) + in.taps_across - 1;
  for (std::int64_t block = 0; block * lanes < in.channels; ++block) {
    switch (in.taps_down) {
      case 1: transform_columns<1, 1>(d, in, block, columns); break;
      case 3:
        if (in.row < in.tiles.tall) transform_columns<3, 4>(d, in, block, columns);
        else transform_columns<3, 3>(d, in, block, columns);
        break;
      case 5: transform_columns<5, 4>(d, in, block, columns); break;
      case 7: transform_columns<7, 4>(d, in, block, columns); break;
    }
    switch (in.taps_across) {
      case 1: transform_lines<1>(d, in, block, columns); break;
      case 3: transform_lines<3>(d, in, block, columns); break;
      case 5: transform_lines<5>(d, in, block, columns); break;
      case 7: transform_lines<7>(d, in, block, columns); break;
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
