// Where an own kernel's results go, and what is done to them before.
#pragma once

#include "kernels/cpu/simd/tail.hpp"

namespace banoff::cpu::simd {

struct TileTarget {
  float* y = nullptr;  ///< element 0 of the output, whose offsets a tail's operands share
  Tail tail;
  bool zero_rest = false;  ///< of the last vector all lanes are written, zeros where there are no channels
};

}  // namespace banoff::cpu::simd
