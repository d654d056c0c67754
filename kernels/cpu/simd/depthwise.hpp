// Depthwise convolutions of pictures: one filter per channel, a vector of channels at a time.
#pragma once

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/simd/tile.hpp"

namespace banoff::cpu::simd {

/// The sides of windows that there are kernels for.
inline constexpr std::int64_t depthwise_kernels[] = {3, 5, 7};

/// Rows [first_row, end_row) of the output of one image and one vector of channels.
struct DepthwiseRows {
  const float* x = nullptr;        ///< the vector at pixel (0, 0)
  const float* weights = nullptr;  ///< [kernel][kernel][lanes]
  const float* bias = nullptr;     ///< the vector's
  std::int64_t x_pixel = 0;        ///< floats between neighbouring pixels; rows are x_pixel * width apart
  std::int64_t y_pixel = 0;
  std::int64_t height = 1, width = 1, out_width = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t first_row = 0, end_row = 0;
  TileTarget target;
  std::int64_t offset = 0;      ///< of the vector at pixel (0, 0) in the output
  std::int64_t channel = 0;     ///< the vector's first
  std::int64_t last_lanes = 0;  ///< channels of the vector that exist; 0: all
};
using DepthwiseKernel = void (*)(const DepthwiseRows&);
/// Null where there is none: a kernel of another side or stride.
[[nodiscard]] DepthwiseKernel depthwise_kernel(Isa isa, std::int64_t kernel, std::int64_t stride);

}  // namespace banoff::cpu::simd
