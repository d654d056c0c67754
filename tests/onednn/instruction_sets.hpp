// The instruction sets of this processor, for tests of own kernels, whatever oneDNN is limited to.
#pragma once

#include <vector>

#include "kernels/cpu/isa.hpp"
#include "kernels/layout.hpp"

namespace banoff::test {

inline std::vector<cpu::Isa> instruction_sets() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return {cpu::Isa::avx2, cpu::Isa::avx512};
  return {cpu::Isa::avx2};
#else
  return {cpu::Isa::neon};
#endif
}

/// The layout in blocks of its vectors; channels-last where there is none.
inline Layout blocked(cpu::Isa isa) {
  if (isa == cpu::Isa::neon) return Layout::channels_last;
  return isa == cpu::Isa::avx512 ? Layout::blocked16 : Layout::blocked8;
}

}  // namespace banoff::test
