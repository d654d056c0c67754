// Vectors of bytes: loading, rounding to them, tables, storing. Included once per target.
#if defined(BANOFF_SIMD_INT8_ROUNDING_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_INT8_ROUNDING_INL
#undef BANOFF_SIMD_INT8_ROUNDING_INL
#else
#define BANOFF_SIMD_INT8_ROUNDING_INL
#endif

#include "kernels/cpu/simd/int8.hpp"
#include "kernels/cpu/simd/tail-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

using IntTag = ScalableTag<std::int32_t>;
using FloatTag = ScalableTag<float>;
using ByteTag = ScalableTag<std::uint8_t>;
using FewBytesTag = Rebind<std::uint8_t, IntTag>;  ///< as many bytes as there are lanes of 32 bits
using Ints = Vec<IntTag>;
using Floats = Vec<FloatTag>;
using Bytes = Vec<ByteTag>;

inline constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(IntTag()));

/// `count` bytes, at least one, of at most a vector; behind them zeros.
template <class D>
HWY_INLINE Vec<D> load_bytes(D d, const std::uint8_t* p, std::int64_t count) {
  constexpr auto all = static_cast<std::int64_t>(MaxLanes(d));
  if (count >= all) return LoadU(d, p);
#if HWY_TARGET == HWY_AVX3
  return MaskedLoad(FirstN(d, static_cast<std::size_t>(count)), d, p);
#else
  HWY_ALIGN std::uint8_t buffer[all] = {};
  for (std::int64_t i = 0; i < count; ++i) buffer[i] = p[i];
  return Load(d, buffer);
#endif
}

template <class D>
HWY_INLINE void store_bytes(D d, Vec<D> v, std::uint8_t* p, std::int64_t count) {
  constexpr auto all = static_cast<std::int64_t>(MaxLanes(d));
  if (count >= all) return StoreU(v, d, p);
#if HWY_TARGET == HWY_AVX3
  BlendedStore(v, FirstN(d, static_cast<std::size_t>(count)), d, p);
#else
  HWY_ALIGN std::uint8_t buffer[all];
  Store(v, d, buffer);
  const std::uint8_t* from = buffer;
  for (std::int64_t some = all / 2; some > 0; some /= 2) {
    if ((count & some) == 0) continue;
    __builtin_memcpy(p, from, static_cast<std::size_t>(some));
    p += some;
    from += some;
  }
#endif
}

HWY_INLINE Floats load_bytes_as_floats(const std::uint8_t* p, std::int64_t count) {
  return ConvertTo(FloatTag(), PromoteTo(IntTag(), load_bytes(FewBytesTag(), p, count)));
}

/// table[x] for every byte, one by one. Not inline, so that what calls it keeps its registers.
template <class D>
HWY_NOINLINE Vec<D> look_up_one_by_one(D d, Vec<D> x, const std::uint8_t* table) {
  HWY_ALIGN std::uint8_t buffer[MaxLanes(d)];
  Store(x, d, buffer);
  for (std::uint8_t& byte : buffer) byte = table[byte];
  return Load(d, buffer);
}

/// table[x] for every byte.
HWY_INLINE Bytes table_of(Bytes x, const std::uint8_t* table, [[maybe_unused]] bool permute) {
  const ByteTag d;
#if HWY_TARGET == HWY_AVX3
  if (permute) {
    // Written out, since the target of these functions lacks it: the caller has asked the processor.
    Bytes low = x, high = x;
    asm("vpermi2b %2, %1, %0" : "+v"(low.raw) : "v"(LoadU(d, table).raw), "v"(LoadU(d, table + 64).raw));
    asm("vpermi2b %2, %1, %0" : "+v"(high.raw) : "v"(LoadU(d, table + 128).raw), "v"(LoadU(d, table + 192).raw));
    return Bytes{_mm512_mask_blend_epi8(_mm512_movepi8_mask(x.raw), low.raw, high.raw)};
  }
#endif
  return look_up_one_by_one(d, x, table);
}

/// From floats to bytes as ByteTarget says.
class Rounding {
  using HalvesTag = ScalableTag<std::int16_t>;

 public:
  using Halves = Vec<HalvesTag>;

  HWY_INLINE explicit Rounding(const ByteTarget& target)
      : zero_point_(Set(HalvesTag(), static_cast<std::int16_t>(target.zero_point))),
        high_(Set(FloatTag(), static_cast<float>(target.high - target.zero_point))),
        low_(Set(ByteTag(), static_cast<std::uint8_t>(target.low))),
        table_(target.table),
        permute_(target.permute) {}

  /// Rounded, and no more than `high` without the zero point; what is far below comes out as far below.
  HWY_INLINE Ints round(Floats v) const {
    const Floats bounded = Min(v, high_);
#if HWY_TARGET == HWY_AVX3
    return Ints{_mm512_cvtps_epi32(bounded.raw)};
#elif HWY_TARGET == HWY_AVX2
    return Ints{_mm256_cvtps_epi32(bounded.raw)};
#else
    return NearestInt(bounded);
#endif
  }

  /// Of four rounded vectors, one after another.
  HWY_INLINE Bytes bytes(const Ints (&v)[4]) const {
    const Bytes bytes = of_halves(halves(v[0], v[1]), halves(v[2], v[3]));
#if HWY_TARGET == HWY_AVX3
    const auto order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return finished(Bytes{_mm512_permutexvar_epi32(order, bytes.raw)});
#elif HWY_TARGET == HWY_AVX2
    const auto order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    return finished(Bytes{_mm256_permutevar8x32_epi32(bytes.raw, order)});
#else
    return finished(bytes);
#endif
  }

  /// Two rounded vectors with the zero point, their blocks of four lanes in turn.
  HWY_INLINE Halves halves(Ints a, Ints b) const {
#if HWY_TARGET == HWY_AVX3
    return SaturatedAdd(Halves{_mm512_packs_epi32(a.raw, b.raw)}, zero_point_);
#elif HWY_TARGET == HWY_AVX2
    return SaturatedAdd(Halves{_mm256_packs_epi32(a.raw, b.raw)}, zero_point_);
#else
    const Half<HalvesTag> half;
    return SaturatedAdd(Combine(HalvesTag(), DemoteTo(half, b), DemoteTo(half, a)), zero_point_);
#endif
  }

  /// Of vectors a and b, and c and d, as `halves` has them, where c follows a in the output as d does b, and all by
  /// blocks of four in turn: first those of a and c, then those of b and d.
  HWY_INLINE Bytes bytes_by_blocks(Halves ab, Halves cd) const {
    const ScalableTag<std::uint32_t> d;
    alignas(64) static constexpr std::uint32_t orders[3][16] = {
        {0, 2, 1, 3}, {0, 2, 4, 6, 1, 3, 5, 7}, {0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15}};
    const auto order = SetTableIndices(d, orders[lanes / 8]);
    return finished(BitCast(ByteTag(), TableLookupLanes(BitCast(d, of_halves(ab, cd)), order)));
  }

 private:
  static HWY_INLINE Bytes of_halves(Halves front, Halves back) {
#if HWY_TARGET == HWY_AVX3
    return Bytes{_mm512_packus_epi16(front.raw, back.raw)};
#elif HWY_TARGET == HWY_AVX2
    return Bytes{_mm256_packus_epi16(front.raw, back.raw)};
#else
    const Half<ByteTag> half;
    return Combine(ByteTag(), DemoteTo(half, back), DemoteTo(half, front));
#endif
  }
  HWY_INLINE Bytes finished(Bytes bytes) const {
    const Bytes clipped = Max(bytes, low_);
    return table_ == nullptr ? clipped : table_of(clipped, table_, permute_);
  }

  Vec<HalvesTag> zero_point_;
  Floats high_;
  Bytes low_;
  const std::uint8_t* table_;
  bool permute_;
};

/// Part i of so many equal ones of a vector: of its `width` bytes those that exist, `count`, go to p.
template <int Parts>
HWY_INLINE void store_part(Bytes v, int i, std::uint8_t* p, std::int64_t count, std::int64_t width) {
  const ByteTag d;
  const std::int64_t some = count < width ? count : width;
  if constexpr (Parts == 1) {
    store_bytes(d, v, p, some);
  } else {
    const Half<ByteTag> half;
    const auto chosen = i < Parts / 2 ? LowerHalf(half, v) : UpperHalf(half, v);
    if constexpr (Parts == 2) {
      store_bytes(half, chosen, p, some);
    } else {
      const Half<decltype(half)> quarter;
      const auto few = i % 2 == 0 ? LowerHalf(quarter, chosen) : UpperHalf(quarter, chosen);
      store_bytes(quarter, few, p, some);
    }
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
