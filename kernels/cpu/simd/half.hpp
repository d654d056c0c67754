// Floats of 16 bits with the exponent of 32 (bf16) as the own kernels see them: read into vectors of floats, rounded to
// the nearest, of two the even, when they are stored.
#pragma once

#include <cstdint>

#include "kernels/cpu/isa.hpp"

namespace banoff::cpu::simd {

struct HalfFloat {
  std::uint16_t bits = 0;
};

/// What kernels on such floats run as on a processor that has `isa`: those for AVX-512 use its instructions for them
/// (AVX512_BF16), without which those for AVX2 are taken.
[[nodiscard]] Isa half_isa(Isa isa);

}  // namespace banoff::cpu::simd
