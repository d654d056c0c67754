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

/// The layouts whose channels lie in its vectors: channels-last, and blocks of one vector where there are such.
inline std::vector<Layout> vector_layouts(cpu::Isa isa) {
  switch (isa) {
    case cpu::Isa::avx2: return {Layout::channels_last, Layout::blocked8};
    case cpu::Isa::avx512: return {Layout::channels_last, Layout::blocked16};
    case cpu::Isa::neon: break;
  }
  return {Layout::channels_last};
}

}  // namespace banoff::test
