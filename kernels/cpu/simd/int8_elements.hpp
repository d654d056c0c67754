// Bytes element by element. Of a ByteTarget the rounding, bounds and table are used, and `y`, which may be an input.
#pragma once

#include "kernels/cpu/simd/int8.hpp"

namespace banoff::cpu::simd {

/// y[i] of v = a_scale * a[i] + b_scale * b[i] + shift: a sum, rounded once.
struct ByteSum {
  const std::uint8_t* a = nullptr;
  const std::uint8_t* b = nullptr;
  float a_scale = 1, b_scale = 1, shift = 0;
  std::int64_t count = 0;
  ByteTarget target;
};

/// y[i] = table[x[i]].
struct ByteLookUp {
  const std::uint8_t* x = nullptr;
  std::int64_t count = 0;
  ByteTarget target;
};

/// y[i][c] of v = factor[c] * (x[i][c] - zero_point): gates of channels.
struct ByteGate {
  const std::uint8_t* x = nullptr;
  const float* factor = nullptr;
  std::int32_t zero_point = 0;
  std::int64_t pixels = 0, channels = 1;
  ByteTarget target;
};

struct ByteElements {
  void (*sum)(const ByteSum&);
  void (*look_up)(const ByteLookUp&);
  void (*gate)(const ByteGate&);
};
[[nodiscard]] ByteElements byte_elements(const ByteIsa& isa);

}  // namespace banoff::cpu::simd
