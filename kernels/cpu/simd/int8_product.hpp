// Products of rows of bytes with a matrix of them: dense layers, 1x1 convolutions, and those of any kernel, whose row
// is what lies under the kernel at a pixel.
#pragma once

#include "kernels/cpu/simd/int8.hpp"

namespace banoff::cpu::simd {

/// Output channels [first, end) of a layer, whose weights lie together for a tile of so many vectors.
struct BytePanels {
  std::int64_t lanes = 0;    ///< output channels of a vector
  std::int64_t vectors = 0;  ///< of all output channels
  std::int64_t panels = 0;

  /// The first vector of a panel; of panel `panels`: the end.
  [[nodiscard]] constexpr std::int64_t first(std::int64_t panel) const { return panel * vectors / panels; }
};
[[nodiscard]] BytePanels byte_panels(const ByteIsa& isa, std::int64_t out);

/// A row is made of `segments` of `length` bytes each; their weights lie as [vector][segment][length / 4][lane][4] with
/// zeros for what is missing, panel by panel, in which the vectors' places are exchanged: [segment][length /
/// 4][vector].
struct ByteWeights {
  std::int64_t out = 1, segments = 1, length = 1;
};
[[nodiscard]] std::int64_t packed_weight_bytes(const BytePanels& panels, const ByteWeights& weights);
/// From [out][segment][length], q in [-128, 127].
void pack_weights(const BytePanels& panels, const ByteWeights& weights, const std::int8_t* from, std::int8_t* to);

/// Rows [first, end) of the output and panels [first_panel, end_panel) of its channels. Row i of the input begins at
/// x + i / width * x_line + i % width * x_pixel: pixels of a picture that carries its own border. Row i of the output
/// begins at element i * y_row.
struct ByteProduct {
  const std::uint8_t* x = nullptr;
  const std::int8_t* weights = nullptr;   ///< packed
  const std::int64_t* offsets = nullptr;  ///< of the segments in a row, in bytes
  ByteWeights shape;
  BytePanels panels;
  std::int64_t width = 1, x_line = 0, x_pixel = 0;
  std::int64_t y_row = 0;
  std::int64_t first = 0, end = 0;
  std::int64_t first_panel = 0, end_panel = 0;
  ByteTarget target;
};
using ByteProductKernel = void (*)(const ByteProduct&);
[[nodiscard]] ByteProductKernel byte_product_kernel(const ByteIsa& isa);

}  // namespace banoff::cpu::simd
