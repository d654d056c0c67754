// Where an own kernel's results go, and what is done to them before.
#pragma once

#include "kernels/cpu/simd/tail.hpp"

namespace banoff::cpu::simd {

/// Of an output whose elements are float or HalfFloat.
template <class T>
struct TileTargetOf {
  T* y = nullptr;  ///< element 0 of the output, whose offsets a tail's operands share
  Tail tail;
  bool zero_rest = false;  ///< of the last vector all lanes are written, zeros where there are no channels
};
using TileTarget = TileTargetOf<float>;

}  // namespace banoff::cpu::simd
