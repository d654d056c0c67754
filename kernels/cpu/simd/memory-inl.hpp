// Vectors of floats from and to memory that holds floats of 32 or of 16 bits. Included once per target.
#if defined(BANOFF_SIMD_MEMORY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_MEMORY_INL
#undef BANOFF_SIMD_MEMORY_INL
#else
#define BANOFF_SIMD_MEMORY_INL
#endif

#include "kernels/cpu/simd/half.hpp"
#include "kernels/cpu/simd/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

template <class D>
using HalfTag = Rebind<std::uint16_t, D>;

template <class D>
HWY_INLINE Vec<D> floats_of(D d, Vec<HalfTag<D>> halves) {
  return BitCast(d, ShiftLeft<16>(PromoteTo(RebindToUnsigned<D>(), halves)));
}

/// The nearest numbers of 16 bits, of two the even; a NaN stays one.
template <class D>
HWY_INLINE Vec<HalfTag<D>> halves_of(D, Vec<D> v) {
#if HWY_TARGET == HWY_AVX3
  __m256i halves;
  asm("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(v.raw));  // the caller has asked the processor: half_isa()
  return Vec<HalfTag<D>>{halves};
#else
  const RebindToUnsigned<D> bits;
  const auto given = BitCast(bits, v);
  const auto even = And(ShiftRight<16>(given), Set(bits, 1));
  const auto rounded = Add(Add(given, Set(bits, 0x7FFF)), even);
  const auto kept = IfThenElse(RebindMask(bits, Eq(v, v)), rounded, Or(given, Set(bits, 0x400000)));
  return DemoteTo(HalfTag<D>(), BitCast(RebindToSigned<D>(), ShiftRight<16>(kept)));
#endif
}

template <class D>
HWY_INLINE Vec<D> load(D d, const float* p) {
  return LoadU(d, p);
}
template <class D>
HWY_INLINE Vec<D> load(D d, const HalfFloat* p) {
  return floats_of(d, LoadU(HalfTag<D>(), &p->bits));
}
template <class D>
HWY_INLINE void store(D d, Vec<D> v, float* p) {
  StoreU(v, d, p);
}
template <class D>
HWY_INLINE void store(D d, Vec<D> v, HalfFloat* p) {
  StoreU(halves_of(d, v), HalfTag<D>(), &p->bits);
}

/// `count` elements from p, zeros behind them; count >= the vector's lanes: all.
template <class D>
HWY_INLINE Vec<D> load_lanes(D d, const float* p, std::int64_t count) {
  return count >= static_cast<std::int64_t>(Lanes(d)) ? LoadU(d, p)
                                                      : MaskedLoad(FirstN(d, static_cast<std::size_t>(count)), d, p);
}
template <class D>
HWY_INLINE void store_lanes(D d, Vec<D> v, float* p, std::int64_t count) {
  if (count >= static_cast<std::int64_t>(Lanes(d))) return StoreU(v, d, p);
#if HWY_ARCH_X86
  BlendedStore(v, FirstN(d, static_cast<std::size_t>(count)), d, p);
#else
  // Without masks it reads what lies behind and writes it back, which may be another thread's to write meanwhile.
  HWY_ALIGN float all[MaxLanes(d)];
  Store(v, d, all);
  for (std::int64_t i = 0; i < count; ++i) p[i] = all[i];
#endif
}
#if HWY_TARGET == HWY_AVX3
template <class D>
HWY_INLINE Vec<D> load_lanes(D d, const HalfFloat* p, std::int64_t count) {
  if (count >= static_cast<std::int64_t>(Lanes(d))) return load(d, p);
  const HalfTag<D> halves;
  return floats_of(d, MaskedLoad(FirstN(halves, static_cast<std::size_t>(count)), halves, &p->bits));
}
template <class D>
HWY_INLINE void store_lanes(D d, Vec<D> v, HalfFloat* p, std::int64_t count) {
  if (count >= static_cast<std::int64_t>(Lanes(d))) return store(d, v, p);
  const HalfTag<D> halves;
  BlendedStore(halves_of(d, v), FirstN(halves, static_cast<std::size_t>(count)), halves, &p->bits);
}
#else
// Others have no masks for 16 bits: what is less than a vector goes by way of one in memory.
template <class D>
HWY_INLINE Vec<D> load_lanes(D d, const HalfFloat* p, std::int64_t count) {
  if (count >= static_cast<std::int64_t>(Lanes(d))) return load(d, p);
  HWY_ALIGN std::uint16_t some[MaxLanes(HalfTag<D>())] = {};
  for (std::int64_t i = 0; i < count; ++i) some[i] = p[i].bits;
  return floats_of(d, Load(HalfTag<D>(), some));
}
template <class D>
HWY_INLINE void store_lanes(D d, Vec<D> v, HalfFloat* p, std::int64_t count) {
  if (count >= static_cast<std::int64_t>(Lanes(d))) return store(d, v, p);
  HWY_ALIGN std::uint16_t all[MaxLanes(HalfTag<D>())];
  Store(halves_of(d, v), HalfTag<D>(), all);
  for (std::int64_t i = 0; i < count; ++i) p[i].bits = all[i];
}
#endif

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
