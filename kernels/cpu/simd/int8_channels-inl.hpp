// Channels in two vectors, blocks of four to each in turn: how interleaved 16 bits become sums of 32. Included once per
// target.
#if defined(BANOFF_SIMD_INT8_CHANNELS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_INT8_CHANNELS_INL
#undef BANOFF_SIMD_INT8_CHANNELS_INL
#else
#define BANOFF_SIMD_INT8_CHANNELS_INL
#endif

#include "kernels/cpu/simd/int8-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Pairs of 16 bits, kept in a register for as many uses as there are.
HWY_INLINE Ints load_pairs(const std::int16_t* from) {
  Ints pairs = BitCast(IntTag(), Load(ScalableTag<std::int16_t>(), from));
#if HWY_ARCH_X86
  asm("" : "+v"(pairs.raw));
#endif
  return pairs;
}

/// Adds two products to every lane at once, so that products do not take registers.
HWY_INLINE void add_pairs(Ints& sum, Ints x, Ints w) {
  sum = Add(sum, pair_products(x, w));
#if HWY_ARCH_X86
  asm("" : "+v"(sum.raw));
#endif
}

/// Two vectors by blocks as they are in order, and numbers in order as two vectors by blocks.
HWY_INLINE void in_order(Floats a, Floats b, Floats (&to)[2]) {
#if HWY_TARGET == HWY_AVX3
  const auto low = _mm512_shuffle_f32x4(a.raw, b.raw, 0x44), high = _mm512_shuffle_f32x4(a.raw, b.raw, 0xEE);
  to[0] = Floats{_mm512_shuffle_f32x4(low, low, 0xD8)};
  to[1] = Floats{_mm512_shuffle_f32x4(high, high, 0xD8)};
#elif HWY_TARGET == HWY_AVX2
  to[0] = Floats{_mm256_permute2f128_ps(a.raw, b.raw, 0x20)};
  to[1] = Floats{_mm256_permute2f128_ps(a.raw, b.raw, 0x31)};
#else
  static_assert(lanes == 4, "blocks are vectors");
  to[0] = a;
  to[1] = b;
#endif
}

HWY_INLINE void by_blocks(const float* from, Floats (&to)[2]) {
  const auto a = LoadU(FloatTag(), from), b = LoadU(FloatTag(), from + lanes);
#if HWY_TARGET == HWY_AVX3
  to[0] = Floats{_mm512_shuffle_f32x4(a.raw, b.raw, 0x88)};
  to[1] = Floats{_mm512_shuffle_f32x4(a.raw, b.raw, 0xDD)};
#elif HWY_TARGET == HWY_AVX2
  to[0] = Floats{_mm256_permute2f128_ps(a.raw, b.raw, 0x20)};
  to[1] = Floats{_mm256_permute2f128_ps(a.raw, b.raw, 0x31)};
#else
  to[0] = a;
  to[1] = b;
#endif
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
