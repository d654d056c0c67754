// Convolutions of pictures in small groups of channels, a vector of channels at a time: depthwise, one filter per
// channel, or whole groups that lie in a vector.
#pragma once

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/simd/tile.hpp"

namespace banoff::cpu::simd {

/// The sides of windows that there are kernels for.
inline constexpr std::int64_t depthwise_kernels[] = {3, 5, 7};

/// Rows [first_row, end_row) of the output of one image and one vector of channels. Its elements are float or
/// HalfFloat.
template <class T>
struct DepthwiseRowsOf {
  const T* x = nullptr;            ///< the vector at pixel (0, 0)
  const float* weights = nullptr;  ///< [kernel row][group][kernel column][lanes]
  const float* bias = nullptr;     ///< the vector's
  std::int64_t x_pixel = 0;        ///< elements between neighbouring pixels; rows are x_pixel * width apart
  std::int64_t y_pixel = 0;
  std::int64_t height = 1, width = 1, out_width = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t first_row = 0, end_row = 0;
  std::int64_t group = 1;  ///< channels of a group
  /// [group][lanes]: the lane whose input a lane reads in turn, each of its group once. Not read by depthwise kernels.
  const std::int32_t* partners = nullptr;
  TileTargetOf<T> target;
  std::int64_t offset = 0;      ///< of the vector at pixel (0, 0) in the output
  std::int64_t channel = 0;     ///< the vector's first
  std::int64_t last_lanes = 0;  ///< channels of the vector that exist; 0: all
};
template <class T>
using DepthwiseKernelOf = void (*)(const DepthwiseRowsOf<T>&);
using DepthwiseRows = DepthwiseRowsOf<float>;
using DepthwiseKernel = DepthwiseKernelOf<float>;
using HalfDepthwiseKernel = DepthwiseKernelOf<HalfFloat>;
/// Null where there is none: a kernel of another side or stride.
[[nodiscard]] DepthwiseKernel depthwise_kernel(Isa isa, std::int64_t kernel, std::int64_t stride);
/// The same for values in 16 bits, on the instruction set of half_isa().
[[nodiscard]] HalfDepthwiseKernel half_depthwise_kernel(Isa isa, std::int64_t kernel, std::int64_t stride);
/// The same for groups of more than one channel, as many in as out.
[[nodiscard]] DepthwiseKernel grouped_kernel(Isa isa, std::int64_t kernel, std::int64_t stride);

}  // namespace banoff::cpu::simd
