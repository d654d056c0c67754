#include "kernels/cpu/simd/half_passes.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/half_passes.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

using FloatTag = ScalableTag<float>;
using Floats = Vec<FloatTag>;
constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(FloatTag()));

/// Rows of a tile, which is a vector wide: enough that deciding what a step is costs nothing.
constexpr int together = 8;

template <int Rows>
HWY_INLINE void tiles_of(const HalfRows& p, std::int64_t row) {
  for (std::int64_t c = 0; c < p.channels; c += lanes) {
    const std::int64_t left = p.channels - c;
    const TilePlace place{p.offset + row * p.channels + c, p.channels, 0, c, left < lanes ? left : 0};
    Floats tile[Rows][1];
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) tile[r][0] = load_lanes(FloatTag(), p.x + place.offset + r * p.channels, left);
    apply_tail(FloatTag(), p.target.tail, place, tile);
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r)
      store_lanes(FloatTag(), tile[r][0], p.target.y + place.offset + r * p.channels, left);
  }
}

void rows(const HalfRows& given) {
  const HalfRows p = given;  // of which the compiler knows that nothing else points at it
  std::int64_t row = 0;
  for (; row + together <= p.rows; row += together) tiles_of<together>(p, row);
  for (; row < p.rows; ++row) tiles_of<1>(p, row);
}

/// Vectors of channels that are summed together, each in so many sums that none waits for the one before.
template <int Vectors, int Sums>
HWY_INLINE void mean_of(const HalfMean& p, std::int64_t channel) {
  Floats sums[Sums][Vectors];
  BANOFF_UNROLL
  for (int s = 0; s < Sums; ++s) {
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) sums[s][v] = Zero(FloatTag());
  }
  const std::int64_t left = p.end - channel;
  const auto value = [&](std::int64_t pixel, int v) HWY_ATTR {
    return load_lanes(FloatTag(), p.x + pixel * p.channels + channel + v * lanes, left - v * lanes);
  };
  std::int64_t pixel = 0;
  for (; pixel + Sums <= p.pixels; pixel += Sums) {
    BANOFF_UNROLL
    for (int s = 0; s < Sums; ++s) {
      BANOFF_UNROLL
      for (int v = 0; v < Vectors; ++v) sums[s][v] = Add(sums[s][v], value(pixel + s, v));
    }
  }
  for (; pixel < p.pixels; ++pixel) {
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) sums[0][v] = Add(sums[0][v], value(pixel, v));
  }
  const auto count = Set(FloatTag(), static_cast<float>(p.pixels));
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    for (int s = 1; s < Sums; ++s) sums[0][v] = Add(sums[0][v], sums[s][v]);
    const auto mean = Div(sums[0][v], count);
    const std::int64_t at = channel + v * lanes;
    if (p.halves != nullptr) store_lanes(FloatTag(), mean, p.halves + at, p.end - at);
    else store_lanes(FloatTag(), mean, p.floats + at, p.end - at);
  }
}

void mean(const HalfMean& given) {
  const HalfMean p = given;
  std::int64_t channel = p.first;
  for (; channel + 4 * lanes <= p.end; channel += 4 * lanes) mean_of<4, 2>(p, channel);
  for (; channel < p.end; channel += lanes) mean_of<1, 8>(p, channel);
}

void largest(const HalfPool& given) {
  const HalfPool p = given;
  for (std::int64_t pixel = 0; pixel < p.out_width; ++pixel) {
    const std::int64_t start = pixel * p.stride_width - p.pad_left;
    const std::int64_t first = start < 0 ? 0 : start;
    const std::int64_t end = start + p.kernel_width < p.width ? start + p.kernel_width : p.width;
    for (std::int64_t c = 0; c < p.channels; c += lanes) {
      auto most = Set(FloatTag(), -__builtin_inff());
      for (std::int64_t row = p.first_row; row < p.end_row; ++row) {
        for (std::int64_t column = first; column < end; ++column) {
          const HalfFloat* x = p.x + (row * p.width + column) * p.channels + c;
          const auto value = load_lanes(FloatTag(), x, p.channels - c);
          most = IfThenElse(Or(Gt(value, most), Ne(value, value)), value, most);  // a NaN stays one
        }
      }
      store_lanes(FloatTag(), most, p.y + pixel * p.channels + c, p.channels - c);
    }
  }
}

HalfPasses passes() { return {rows, mean, largest}; }

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
HalfPasses half_passes(Isa isa) { return BANOFF_FOR_ISA(isa, passes)(); }
}  // namespace banoff::cpu::simd
#endif
