// What a kernel does with its results before it stores them: the same steps for every own kernel.
#pragma once

#include <cstdint>

#include "kernels/cpu/simd/half.hpp"

namespace banoff::cpu::simd {

enum class TailKind : std::uint8_t {
  add,           ///< + operand, which lies as the output does
  add_halves,    ///< the same of one stored in 16 bits
  scale,         ///< a * x, by channel
  scale_shift,   ///< a * x + b, by channel
  clip,          ///< between low and high
  bounds,        ///< between a and b, by channel
  kinked,        ///< a + (x - a) * (x < a ? b : c), by channel
  leaky_relu,    ///< low * x where negative
  hard_sigmoid,  ///< clip(low * x + high, 0, 1)
  hard_swish,
  sigmoid,
  silu,
  coarse_sigmoid,  ///< within 2^-11 of it: enough for what is stored in 16 bits
  coarse_silu,
};

/// One step. Values by channel are padded to whole vectors of 16.
struct TailStep {
  TailKind kind = TailKind::clip;
  const float* a = nullptr;
  const float* b = nullptr;
  const float* c = nullptr;
  const HalfFloat* halves = nullptr;
  float low = 0, high = 0;
};

struct Tail {
  const TailStep* steps = nullptr;
  int count = 0;
};

}  // namespace banoff::cpu::simd
