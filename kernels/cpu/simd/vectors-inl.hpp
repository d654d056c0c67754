// Highway's operations for the target at hand. Included once per target, behind dispatch.hpp, by what needs no more.
#if defined(BANOFF_SIMD_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_VECTORS_INL
#undef BANOFF_SIMD_VECTORS_INL
#else
#define BANOFF_SIMD_VECTORS_INL
#endif

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/cpu/isa.hpp"

namespace banoff::cpu::simd::HWY_NAMESPACE {
using namespace hwy::HWY_NAMESPACE;  // NOLINT: Highway's operations are meant to be used so

/// What this target is called outside. Callers pack by its lanes: where the compiler's options make Highway fall back
/// to other vectors, nothing compiles.
inline constexpr Isa target_isa = HWY_TARGET == HWY_AVX3 ? Isa::avx512 : HWY_TARGET == HWY_AVX2 ? Isa::avx2 : Isa::neon;
static_assert(MaxLanes(ScalableTag<float>()) == static_cast<std::size_t>(lanes_of(target_isa)));
}  // namespace banoff::cpu::simd::HWY_NAMESPACE

#endif
