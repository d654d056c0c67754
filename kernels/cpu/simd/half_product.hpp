// Products of rows of floats of 16 bits with a matrix of them, summed in 32 bits: 1x1 convolutions.
#pragma once

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/simd/tile.hpp"

namespace banoff::cpu::simd {

/// Rows of the output, and a panel of vectors of its channels. Weights lie in pairs of inputs, as [inner / 2][vectors]
/// [lanes][2], zeros where `inner` is odd.
struct HalfPanel {
  const HalfFloat* x = nullptr;
  const HalfFloat* weights = nullptr;
  const float* bias = nullptr;  ///< the panel's
  std::int64_t inner = 1;       ///< inputs of a row
  std::int64_t x_row = 0, y_row = 0;
  std::int64_t rows = 0;
  std::int64_t vectors = 1;  ///< of the panel, at most `widest_direct_panel`
  TileTargetOf<HalfFloat> target;
  std::int64_t offset = 0;      ///< of the panel at row 0 in the output
  std::int64_t channel = 0;     ///< the panel's first
  std::int64_t last_lanes = 0;  ///< channels of the last vector that exist; 0: all
};
using HalfProductKernel = void (*)(const HalfPanel&);
/// On the instruction set of half_isa().
[[nodiscard]] HalfProductKernel half_product_kernel(Isa isa);

}  // namespace banoff::cpu::simd
