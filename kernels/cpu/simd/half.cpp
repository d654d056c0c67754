#include "kernels/cpu/simd/half.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace banoff::cpu::simd {

Isa half_isa(Isa isa) {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool has_more = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && a >= 1;
  const bool bf16 = has_more && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1U << 5)) != 0;
  if (isa == Isa::avx512 && !bf16) return Isa::avx2;
#endif
  return isa;
}

}  // namespace banoff::cpu::simd
