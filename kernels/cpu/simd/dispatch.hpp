// Included first by every source here: which of Highway's targets they are compiled for, and how one is chosen.
//
// Such a source includes itself once per target (HWY_TARGET_INCLUDE) with `HWY_NAMESPACE` another each time; what the
// command line compiles for is AVX2 (or NEON), and AVX-512 is switched on by function. So nothing but functions of
// HWY_ATTR may hold AVX-512 code, and inline functions of the standard library are AVX2's at most, which the device
// asks the CPU for before it runs anything.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#include "hwy/detect_targets.h"
#include "kernels/cpu/isa.hpp"

/// `name` of the namespace that is compiled for `isa`; for use in HWY_ONCE parts, inside banoff::cpu::simd.
#if HWY_TARGETS & HWY_AVX3
#define BANOFF_FOR_ISA(isa, name) ((isa) == Isa::avx512 ? N_AVX3::name : HWY_STATIC_DISPATCH(name))
#else
#define BANOFF_FOR_ISA(isa, name) (static_cast<void>(isa), HWY_STATIC_DISPATCH(name))
#endif

/// Before a loop over registers, whose count the compiler knows: without it arrays of vectors end up in memory.
#if defined(__clang__)
#define BANOFF_UNROLL _Pragma("clang loop unroll(full)")
#else
#define BANOFF_UNROLL _Pragma("GCC unroll 32")
#endif

// Last, since it includes the source for the other targets, which need what is above.
#include "hwy/foreach_target.h"
