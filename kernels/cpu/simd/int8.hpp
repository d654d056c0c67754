// Kernels on bytes: unsigned activations x with a zero point, signed weights q by output channel, exact sums in int32.
// With real values s_x (x - z_x) and s_w q an output is
//
//   scale * sum + shift,   sum = sum of x q,   scale = s_x s_w / s_y,   shift = (bias - s_x s_w z_x sum of q) / s_y,
//
// in float, to which the steps of a ByteTarget are done. Sums fit as long as 255 * 127 * (products of a sum) < 2^31.
#pragma once

#include <cstdint>

#include "kernels/cpu/isa.hpp"

namespace banoff::cpu::simd {

/// What of a processor the kernels on bytes are chosen by.
struct ByteIsa {
  Isa isa = Isa::avx2;
  bool dot = false;      ///< sums of four products in one instruction, AVX-512 VNNI or AVX-VNNI as `isa` has it
  bool permute = false;  ///< tables of 128 bytes in two registers, AVX-512 VBMI
};
/// With what this processor has beside `isa`.
[[nodiscard]] ByteIsa byte_isa(Isa isa);

/// Where sums go and what is done to them before, in this order:
///   v = scale[c] * sum + shift[c], in float;
///   v += add_scale * addend, where there is one;
///   v = after_silu * v / (1 + e^-v), where that is not 0;
///   to floats: stored; to bytes: y = clip(round half to even(v) + zero_point, low, high), then table[y].
/// A relu or a clip is in `low` and `high`; an addend's zero point is in `shift`.
struct ByteTarget {
  const float* scale = nullptr;  ///< by output channel, readable up to whole vectors of 16
  const float* shift = nullptr;
  const std::uint8_t* add = nullptr;  ///< lies as the output does; may not overlap it, since tiles may be done twice
  float add_scale = 0;
  float after_silu = 0;
  std::uint8_t* y = nullptr;  ///< element 0 of the output
  float* floats = nullptr;    ///< the same, instead of `y`
  std::int32_t zero_point = 0;
  std::int32_t low = 0, high = 255;
  const std::uint8_t* table = nullptr;  ///< of 256
  bool permute = false;                 ///< of the ByteIsa
};

}  // namespace banoff::cpu::simd
