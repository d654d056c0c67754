// Columns of a picture of bytes, several rows at once, multiplied with a depthwise filter's. Included once per target.
#if defined(BANOFF_SIMD_INT8_COLUMNS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_INT8_COLUMNS_INL
#undef BANOFF_SIMD_INT8_COLUMNS_INL
#else
#define BANOFF_SIMD_INT8_COLUMNS_INL
#endif

#include "kernels/cpu/simd/int8-inl.hpp"
#include "kernels/cpu/simd/int8_depthwise.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Rows [top, top + Inputs) of a picture at the first channel of a tile; instead of those outside the nearest inside.
template <int Inputs, bool Whole>
struct RowsOfTile {
  const std::uint8_t* x[Inputs];
  std::int64_t channels;  ///< that there are, fewer than a vector unless Whole

  HWY_INLINE RowsOfTile(const ByteDepthwise& p, std::int64_t first, std::int64_t top)
      : channels(p.form.channels - first) {
    const std::int64_t line = p.width * p.form.channels;
    BANOFF_UNROLL
    for (int i = 0; i < Inputs; ++i) {
      const std::int64_t y = top + i;
      x[i] = p.x + first + (y < 0 ? 0 : y < p.height ? y : p.height - 1) * line;
    }
  }
  HWY_INLINE Vec<FewBytesTag> load(int i, std::int64_t offset) const {
    return load_bytes(FewBytesTag(), x[i] + offset, Whole ? lanes : channels);
  }
};

#if HWY_TARGET == HWY_AVX3
/// Four rows of the input at once: the bytes of a channel in one column of them are a lane of a vector, and serve all
/// outputs whose windows they lie in, which have weights of zero for the rows that they do not see.
struct Fours {
  static constexpr int rows = 4;
  static constexpr std::uint32_t row_bits = 0xFF;
  static HWY_INLINE void add(Ints& sum, Ints x, const std::int8_t* w) {
    DotInstruction::add(sum, x, BitCast(IntTag(), LoadU(ScalableTag<std::int8_t>(), w)));
  }
  template <int Inputs, bool Whole>
  static HWY_INLINE Ints load(const RowsOfTile<Inputs, Whole>& from, int first, std::int64_t offset) {
    const auto row = [&](int i) HWY_ATTR { return from.load(first + i < Inputs ? first + i : Inputs - 1, offset).raw; };
    // Fours of channels of all rows together, then the bytes of each channel.
    const auto fours = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const auto bytes = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    auto all = _mm512_castsi128_si512(row(0));
    all = _mm512_inserti32x4(all, row(1), 1);
    all = _mm512_inserti32x4(all, row(2), 2);
    all = _mm512_inserti32x4(all, row(3), 3);
    return Ints{_mm512_shuffle_epi8(_mm512_permutexvar_epi32(fours, all), bytes)};
  }
};
#endif

/// What becomes of rows outside of the picture, in every lane: bits of parts that are kept, and zero points.
template <class Way, int Inputs>
struct Border {
  static constexpr int parts = (Inputs + Way::rows - 1) / Way::rows;
  bool any;
  std::uint32_t zeros;  ///< all rows'
  std::uint32_t keep[parts];

  HWY_INLINE Border(const ByteDepthwise& p, std::int64_t top)
      : any(top < 0 || top + Inputs > p.height), zeros(0xFFFFFFFFU / Way::row_bits * p.x_zero) {
    if (!any) return;
    for (int part = 0; part < parts; ++part) {
      keep[part] = 0;
      for (int i = 0; i < Way::rows; ++i) {
        const std::int64_t y = top + part * Way::rows + i;
        if (y >= 0 && y < p.height) keep[part] |= Way::row_bits << (32 / Way::rows * i);
      }
    }
  }
  HWY_INLINE Ints nothing() const { return Set(IntTag(), static_cast<std::int32_t>(zeros)); }
  HWY_INLINE Ints applied(Ints values, int part) const {
    if (!any) return values;
    return Or(And(values, Set(IntTag(), static_cast<std::int32_t>(keep[part]))),
              Set(IntTag(), static_cast<std::int32_t>(zeros & ~keep[part])));
  }
};

/// Adds a column of the input to the sums of all outputs in whose windows it lies; an outer one holds zero points.
template <class Way, int Kernel, int Stride, int Rows, int Pixels, int Inputs, bool Whole>
HWY_INLINE void add_column(Ints (&sums)[Rows * Pixels], const RowsOfTile<Inputs, Whole>& from,
                           const Border<Way, Inputs>& border, const std::byte* weights, int column, bool outside,
                           std::int64_t offset) {
  constexpr int parts = Border<Way, Inputs>::parts;
  BANOFF_UNROLL
  for (int part = 0; part < parts; ++part) {
    const int first = part * Way::rows;
    const Ints values = outside ? border.nothing() : border.applied(Way::load(from, first, offset), part);
    BANOFF_UNROLL
    for (int t = 0; t < Pixels; ++t) {
      const int kx = column - t * Stride;
      if (kx < 0 || kx >= Kernel) continue;
      BANOFF_UNROLL
      for (int r = 0; r < Rows; ++r) {
        // Rows that the output's window does not reach.
        if (first + Way::rows <= r * Stride || first >= r * Stride + Kernel) continue;
        const auto* w = static_cast<const std::int8_t*>(
            static_cast<const void*>(weights + ((r * parts + part) * Kernel + kx) * lanes * 4));
        Way::add(sums[r * Pixels + t], values, w);
      }
    }
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
