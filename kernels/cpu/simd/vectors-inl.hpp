// Highway's operations for the target at hand. Included once per target, behind dispatch.hpp, by what needs no more.
#if defined(BANOFF_SIMD_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_VECTORS_INL
#undef BANOFF_SIMD_VECTORS_INL
#else
#define BANOFF_SIMD_VECTORS_INL
#endif

#include "hwy/highway.h"

namespace banoff::cpu::simd::HWY_NAMESPACE {
using namespace hwy::HWY_NAMESPACE;  // NOLINT: Highway's operations are meant to be used so
}  // namespace banoff::cpu::simd::HWY_NAMESPACE

#endif
