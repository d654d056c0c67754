// Direct convolutions: sums over taps, each one input value of a pixel times a row of weights, while a tile of pixels
// by output channels stays in registers.
#pragma once

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/simd/tile.hpp"

namespace banoff::cpu::simd {

/// The most vectors of output channels that a tile has.
inline constexpr std::int64_t widest_direct_panel = 3;

/// A run of neighbouring pixels of the output and a panel of its channels. The taps of a pixel are three nested loops:
/// blocks of input channels, rows of the kernel, and `taps` floats that lie one after another (a row of the kernel,
/// with the channels of a block).
/// Elements of the output are float or HalfFloat.
template <class T>
struct DirectPanelOf {
  const float* x = nullptr;        ///< the first tap of pixel 0
  const float* weights = nullptr;  ///< of the first tap: [vectors][lanes]
  const float* bias = nullptr;     ///< the panel's
  std::int64_t blocks = 1, rows = 1, taps = 1;
  std::int64_t x_block = 0, x_row = 0;              ///< floats of the input between neighbouring blocks and rows
  std::int64_t weights_block = 0, weights_row = 0;  ///< and of the weights
  std::int64_t x_pixel = 0;                         ///< between the windows of neighbouring pixels
  std::int64_t y_pixel = 0;                         ///< between neighbouring pixels of the output
  std::int64_t y_vector = 0;                        ///< between neighbouring vectors of its channels
  std::int64_t pixels = 0;
  std::int64_t vectors = 1;  ///< of the panel, at most `widest_direct_panel`
  TileTargetOf<T> target;
  std::int64_t offset = 0;      ///< of the panel at pixel 0 in the output
  std::int64_t channel = 0;     ///< the panel's first
  std::int64_t last_lanes = 0;  ///< channels of the last vector that exist; 0: all
};
template <class T>
using DirectKernelOf = void (*)(const DirectPanelOf<T>&);
using DirectKernel = DirectKernelOf<float>;
using DirectToHalvesKernel = DirectKernelOf<HalfFloat>;
[[nodiscard]] DirectKernel direct_kernel(Isa isa);
/// On the instruction set of half_isa().
[[nodiscard]] DirectToHalvesKernel direct_to_halves_kernel(Isa isa);

}  // namespace banoff::cpu::simd
