// Convolutions of stride 1 by Winograd's minimal filtering (simd/winograd.hpp), apart from any region: how the
// image is cut into blocks of tiles that stay in the second-level cache, and running them.
#pragma once

#include <span>
#include <vector>

#include "kernels/cpu/packed.hpp"
#include "kernels/cpu/simd/winograd.hpp"
#include "kernels/layout.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

/// Elements between neighbours in memory.
struct PixelStrides {
  std::int64_t image = 0, row = 0, pixel = 0;
  std::int64_t vector = 0;  ///< of channels
};
/// Of a value NCHW in channels-last, or in blocks of as many channels as a vector has.
[[nodiscard]] PixelStrides pixel_strides(const Shape& shape, Layout layout, std::int64_t lanes);

struct WinogradShape {
  std::int64_t images = 1, in = 0, out = 0;
  std::int64_t height = 0, width = 0, out_height = 0, out_width = 0, pad_top = 0, pad_left = 0;
  int taps_down = 3, taps_across = 3;
};

/// Whether there is a way for so many taps.
[[nodiscard]] bool winograd_has(std::int64_t taps_down, std::int64_t taps_across);

/// So many whole tiles (simd::winograd_outputs), then so many of 3 outputs.
struct TileSplit {
  std::int64_t whole = 0, threes = 0;
  [[nodiscard]] std::int64_t count() const { return whole + threes; }
};
/// The split of a dimension that computes the fewest elements.
[[nodiscard]] TileSplit split_tiles(std::int64_t outputs, int taps);

/// Tiles computed together: some rows of one image, or all rows of some images, and a range of columns.
struct WinogradBlock {
  std::int64_t image = 0, images = 1;
  std::int64_t first_tall = 0, tall = 0, first_short = 0, short_ = 0;  ///< rows of an image
  std::int64_t first_wide = 0, wide = 0, first_narrow = 0, narrow = 0;

  [[nodiscard]] simd::WinogradTiles tiles(const WinogradShape& shape) const {
    return {images * (tall + short_), images * tall, wide + narrow, wide, simd::winograd_outputs(shape.taps_across)};
  }
};

/// A convolution cut up for one machine. What runs in parallel is a block and a share of the output channels.
struct WinogradCut {
  WinogradShape shape;
  TileSplit rows, columns;
  std::int64_t lanes = 0;
  std::vector<WinogradBlock> blocks;
  std::int64_t shares = 1;  ///< of the groups of output channels, for each of which a block's input is transformed
  bool expands = false;     ///< whether weights are kept as sums of taps (simd::WinogradExpansion)
  int threads = 1;
  std::int64_t line_floats = 0, v_floats = 0, m_floats = 0;  ///< scratch of a thread
  double us = 0;                                             ///< expected

  /// Of output channels.
  [[nodiscard]] std::int64_t vectors() const { return divide_up(shape.out, lanes); }
  [[nodiscard]] std::int64_t elements() const {
    return simd::winograd_points(shape.taps_down) * simd::winograd_points(shape.taps_across);
  }
  /// For a pair of channels.
  [[nodiscard]] std::int64_t weight_elements() const {
    return expands ? simd::winograd_sums * simd::winograd_sums : elements();
  }
  [[nodiscard]] std::int64_t group_channels() const { return simd::winograd_vectors * lanes; }
  [[nodiscard]] std::int64_t groups() const { return divide_up(shape.out, group_channels()); }
  [[nodiscard]] std::int64_t thread_floats() const { return line_floats + v_floats + m_floats; }
};
/// The cut that should be fastest. Throws Refused when there are too many tiles.
[[nodiscard]] WinogradCut cut_winograd(const WinogradShape& shape, const Machine& machine);

/// Floats of the transformed weights.
[[nodiscard]] std::size_t winograd_weight_floats(const WinogradCut& cut);
/// Weights [out][in][taps down][taps across], transformed in float64, as the kernels read them: group by group of
/// output channels, or vector by vector where the cut says `expands`.
[[nodiscard]] AlignedFloats winograd_weights(std::span<const float> weights, const WinogradCut& cut);

struct WinogradRun {
  const float* x = nullptr;
  float* y = nullptr;
  float* scratch = nullptr;        ///< thread_floats() for each thread
  const float* weights = nullptr;  ///< winograd_weights
  const float* bias = nullptr;     ///< padded to whole groups
  const float* padding = nullptr;  ///< what lies around the image, by channel, in whole vectors
  PixelStrides from, to;
  bool masks_input = false, clears_padding = false;  ///< channels-last; blocks
  simd::Tail tail;
};
struct WinogradKernels {
  simd::WinogradInputKernel input;
  simd::WinogradProductsKernel products;
  simd::WinogradExpansionKernel expansion;
  simd::WinogradOutputKernel output;
  explicit WinogradKernels(Isa isa);
};
void run_winograd(const WinogradCut& cut, const WinogradKernels& kernels, const WinogradRun& run);

}  // namespace banoff::cpu
