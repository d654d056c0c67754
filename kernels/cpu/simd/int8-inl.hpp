// Products of bytes, and what becomes of a tile of them in registers. Included once per target.
#if defined(BANOFF_SIMD_INT8_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_INT8_INL
#undef BANOFF_SIMD_INT8_INL
#else
#define BANOFF_SIMD_INT8_INL
#endif

#include "kernels/cpu/simd/int8_rounding-inl.hpp"
#include "kernels/cpu/simd/math-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Four products in every lane of 32 bits, of unsigned and signed bytes, added to the lane exactly. Both factors are
/// prepared first, which is worth it where they are used several times: DotInstruction and DotPairs.

#if HWY_ARCH_X86
/// As one instruction. It is written out, since the target of these functions lacks it: the caller has asked the
/// processor. The compiler, which does not know what it does, keeps sums where they are.
struct DotInstruction {
  using Unsigned = Ints;
  using Signed = Ints;
  static constexpr bool one = true;
  static HWY_INLINE Unsigned prepare_unsigned(Ints x) { return x; }
  static HWY_INLINE Signed prepare_signed(Ints w) { return w; }
  static HWY_INLINE void add(Ints& sum, Unsigned x, Signed w) {
#if HWY_TARGET == HWY_AVX3
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "v"(w.raw));
#else
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum.raw) : "x"(x.raw), "x"(w.raw));
#endif
  }
};
#endif

/// Two products of 16 bits in every lane, summed exactly: products of bytes, since of others two may be 2^31.
HWY_INLINE Ints pair_products(Ints x, Ints w) {
#if HWY_TARGET == HWY_AVX3
  return Ints{_mm512_madd_epi16(x.raw, w.raw)};
#elif HWY_TARGET == HWY_AVX2
  return Ints{_mm256_madd_epi16(x.raw, w.raw)};
#else
  const auto even = Mul(ShiftRight<16>(ShiftLeft<16>(x)), ShiftRight<16>(ShiftLeft<16>(w)));
  return Add(even, Mul(ShiftRight<16>(x), ShiftRight<16>(w)));
#endif
}

/// As two pairs of 16 bits, in which a sum of products of bytes cannot overflow as it can in vpmaddubsw.
struct DotPairs {
  struct Halves {
    Ints even, odd;
  };
  using Unsigned = Halves;
  using Signed = Halves;
  static constexpr bool one = false;
  static HWY_INLINE Unsigned prepare_unsigned(Ints x) {
    const Repartition<std::uint16_t, IntTag> d;
    const auto halves = BitCast(d, x);
    return {BitCast(IntTag(), And(halves, Set(d, 0xFF))), BitCast(IntTag(), ShiftRight<8>(halves))};
  }
  static HWY_INLINE Signed prepare_signed(Ints w) {
    const auto halves = BitCast(Repartition<std::int16_t, IntTag>(), w);
    return {BitCast(IntTag(), ShiftRight<8>(ShiftLeft<8>(halves))), BitCast(IntTag(), ShiftRight<8>(halves))};
  }
  static HWY_INLINE void add(Ints& sum, const Unsigned& x, const Signed& w) {
    sum = Add(sum, pair_products(x.even, w.even));
    sum = Add(sum, pair_products(x.odd, w.odd));
  }
};

/// Weights are read once and from far where there is one row.
inline constexpr std::int64_t prefetch_ahead = 2048;

// A place says where a tile of Rows x Vectors lies: its row r begins at element at(r) of the output, with channel
// `channel`, of which `channels` more exist, itself among them.

template <class Place, int Rows, int Vectors>
HWY_INLINE void add_bytes(const ByteTarget& target, const Place& place, Floats (&tile)[Rows][Vectors]) {
  const auto scale = Set(FloatTag(), target.add_scale);
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    const std::int64_t count = place.channels - v * lanes;
    if (count <= 0) break;
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r)
      tile[r][v] = MulAdd(load_bytes_as_floats(target.add + place.at(r) + v * lanes, count), scale, tile[r][v]);
  }
}

template <int Rows, int Vectors>
HWY_INLINE void apply_silu(const ByteTarget& target, Floats (&tile)[Rows][Vectors]) {
  const FloatTag d;
  const auto factor = Set(d, target.after_silu);
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) tile[r][v] = Mul(silu(d, tile[r][v]), factor);
  }
}

template <class Place, int Rows, int Vectors>
HWY_INLINE void store_floats(const ByteTarget& target, const Place& place, Floats (&tile)[Rows][Vectors]) {
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    const std::int64_t count = place.channels - v * lanes;
    if (count <= 0) break;
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) store_lanes(FloatTag(), tile[r][v], target.floats + place.at(r) + v * lanes, count);
  }
}

template <class Place, int Rows, int Vectors>
HWY_INLINE void store_rounded(const ByteTarget& target, const Place& place, Floats (&tile)[Rows][Vectors]) {
  const Rounding rounding(target);
  // Four vectors become one of bytes: of one row, of two or of four.
  constexpr int part = Vectors == 3 ? 4 : Vectors;
  constexpr int together = 4 / part;
  static_assert(part == 1 || part == 2 || part == 4);
  BANOFF_UNROLL
  for (int r = 0; r < Rows; r += together) {
    Ints ints[4];
    BANOFF_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int row = r + i / part < Rows ? r + i / part : Rows - 1;
      const int v = i % part < Vectors ? i % part : Vectors - 1;
      ints[i] = rounding.round(tile[row][v]);
    }
    const Bytes bytes = rounding.bytes(ints);
    BANOFF_UNROLL
    for (int i = 0; i < together; ++i)
      if (r + i < Rows) store_part<together>(bytes, i, target.y + place.at(r + i), place.channels, Vectors * lanes);
  }
}

/// What a target asks for, of scaled sums.
template <class Place, int Rows, int Vectors>
HWY_INLINE void finish_bytes(const ByteTarget& target, const Place& place, Floats (&tile)[Rows][Vectors]) {
  if (target.add != nullptr) add_bytes(target, place, tile);
  if (target.after_silu != 0) apply_silu(target, tile);
  if (target.floats != nullptr) store_floats(target, place, tile);
  else store_rounded(target, place, tile);
}

template <class Place, int Rows, int Vectors>
HWY_INLINE void finish_sums(const ByteTarget& target, const Place& place, Ints (&sums)[Rows][Vectors]) {
  Floats tile[Rows][Vectors];
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    const auto scale = LoadU(FloatTag(), target.scale + place.channel + v * lanes);
    const auto shift = LoadU(FloatTag(), target.shift + place.channel + v * lanes);
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) tile[r][v] = MulAdd(ConvertTo(FloatTag(), sums[r][v]), scale, shift);
  }
  finish_bytes(target, place, tile);
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
