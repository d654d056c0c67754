#include "kernels/cpu/simd/int8.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace banoff::cpu::simd {

ByteIsa byte_isa(Isa isa) {
  ByteIsa found{isa, false, false};
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return found;
  const bool vnni512 = (c & (1U << 11)) != 0;
  const bool vbmi = (c & (1U << 1)) != 0;
  const bool has_more = a >= 1;
  const bool vnni256 = has_more && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1U << 4)) != 0;
  found.dot = isa == Isa::avx512 ? vnni512 : vnni256;
  found.permute = isa == Isa::avx512 && vbmi;
#endif
  return found;
}

}  // namespace banoff::cpu::simd
