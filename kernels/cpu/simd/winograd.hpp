// Winograd's minimal filtering on vectors: the three stages of a convolution of stride 1.
//
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308: Y = A^T [(G g G'^T) . (B^T d
// B')] A', with the products summed over input channels; along a dimension of one tap there is nothing to transform.
// The matrices are Toom and Cook's for the points 0, infinity and pairs p, -p. Tiles are of 4 outputs along a
// dimension. Of 3 taps there are also tiles of 3 outputs, which leave the point -b out and read the same transformed
// weights: what their own would be scaled by is in their input's transform.
#pragma once

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/simd/tail.hpp"

namespace banoff::cpu::simd {

/// Elements of a transformed tile along a dimension of so many taps: 0, the pairs, infinity.
[[nodiscard]] constexpr int winograd_points(int taps) { return taps == 1 ? 1 : taps + 3; }
inline constexpr int winograd_most_points = 10;
/// Of the element that tiles of 3 outputs lack.
inline constexpr int winograd_left_out = 4;
/// Outputs of a tile, but for those of 3.
[[nodiscard]] constexpr int winograd_outputs(int taps) { return taps == 1 ? 1 : 4; }
/// The points that come in pairs p, -p. Those of 3 taps make in fp32 a third of the error of 1 and 2.
[[nodiscard]] constexpr double winograd_pair(int taps, int pair) {
  constexpr double of_3[] = {0.75, 1.5}, of_5[] = {0.5, 1, 2}, of_7[] = {0.4, 0.8, 1.25, 2};
  return taps == 3 ? of_3[pair] : taps == 5 ? of_5[pair] : of_7[pair];
}

/// Vectors of output channels that are computed together.
inline constexpr std::int64_t winograd_vectors = 2;
/// Tiles whose sums fill the registers, beside these vectors of weights and one of input.
[[nodiscard]] constexpr int winograd_tiles_at_once(Isa isa) {
  constexpr int vectors = static_cast<int>(winograd_vectors);
  return (registers_of(isa) - vectors - 1) / vectors;
}

/// Tiles that are computed together: rows x columns, numbered row by row. The tall rows (4 outputs) come before the
/// others (3 outputs), in each row the wide columns before the others. An element of -b exists for tall or wide tiles
/// only, which are numbered among themselves: of 6 x 6 elements, column 4 has rows x wide tiles, and row 4 the first
/// `tall` rows. Where tiles are all alike, all are tall and wide.
struct WinogradTiles {
  std::int64_t rows = 0, tall = 0, columns = 0, wide = 0;
  std::int64_t outputs = 4;  ///< of a wide tile across

  [[nodiscard]] constexpr std::int64_t in_row(int element_column) const {
    return element_column == winograd_left_out ? wide : columns;
  }
  [[nodiscard]] constexpr std::int64_t of_element(int element_row, int element_column) const {
    return (element_row == winograd_left_out ? tall : rows) * in_row(element_column);
  }
  /// The first output column of a tile.
  [[nodiscard]] constexpr std::int64_t output_column(std::int64_t column) const {
    return column < wide ? outputs * column : outputs * wide + 3 * (column - wide);
  }
};

/// Transforms one row of tiles, of all channels, into V: [element][channels / lanes][tile][lanes].
struct WinogradInput {
  int taps_down = 3, taps_across = 3;
  const float* rows[winograd_most_points] = {};     ///< pixel 0 of the image's rows that are read, channel 0
  std::int64_t strides[winograd_most_points] = {};  ///< between pixels of each; 0: a row of padding
  const float* padding = nullptr;                   ///< what lies outside the image, by channel, in whole vectors
  std::int64_t channels = 0, block_stride = 0;      ///< between vectors of channels
  bool masked = false;                              ///< whether nothing lies behind the last channel
  std::int64_t width = 0, first_column = 0;  ///< of the image; the column that the first tile begins with, maybe < 0
  WinogradTiles tiles;
  std::int64_t row = 0;    ///< of the tiles
  float* lines = nullptr;  ///< scratch: [points down][columns read][lanes]
  float* v = nullptr;
  std::int64_t element_stride = 0;  ///< of V
};
using WinogradInputKernel = void (*)(const WinogradInput&);
[[nodiscard]] WinogradInputKernel winograd_input_kernel(Isa isa);

/// M = V W for one group of output channels and all elements: M is [element][tile][vectors * lanes].
struct WinogradProducts {
  int points_down = 0, points_across = 0;
  const float* v = nullptr;
  const float* weights = nullptr;  ///< [element][channels][vectors * lanes]
  float* m = nullptr;
  std::int64_t v_element_stride = 0, m_element_stride = 0;
  std::int64_t channels = 0, vectors = 0;
  WinogradTiles tiles;
};
using WinogradProductsKernel = void (*)(const WinogradProducts&);
[[nodiscard]] WinogradProductsKernel winograd_products_kernel(Isa isa);

/// The same for few tiles of 3 by 3 taps, whose weights cost more to read than to multiply: they are kept as 3 x 3 sums
/// of taps, and the elements are made of those in registers. Along each dimension the sums are g0 + a^2 g2, g0 + b^2 g2
/// and a g1 of the taps g, and each element is the sum or difference of two of them, times a factor that M gets
/// instead.
struct WinogradExpansion {
  const float* v = nullptr;
  const float* weights = nullptr;  ///< [vector][channels][sum down][sum across][lanes]
  float* m = nullptr;
  std::int64_t v_element_stride = 0, m_element_stride = 0;
  std::int64_t channels = 0, vectors = 0;
  WinogradTiles tiles;  ///< at most winograd_few
};
inline constexpr std::int64_t winograd_few = 4, winograd_sums = 3;
using WinogradExpansionKernel = void (*)(const WinogradExpansion&);
/// Null for instruction sets of too few registers.
[[nodiscard]] WinogradExpansionKernel winograd_expansion_kernel(Isa isa);

/// Transforms one row of tiles of M back, adds the bias, applies the tail, and stores what exists of it.
struct WinogradOutput {
  int taps_down = 3, taps_across = 3;
  const float* m = nullptr;
  std::int64_t element_stride = 0, vectors = 0;
  WinogradTiles tiles;
  std::int64_t row = 0;
  float* y = nullptr;       ///< the whole output
  std::int64_t offset = 0;  ///< of the row's first pixel and the group's first channel
  std::int64_t row_stride = 0, pixel_stride = 0, vector_stride = 0;
  std::int64_t height = 0, width = 0;      ///< pixels that exist from there
  std::int64_t channel = 0, channels = 0;  ///< the group's first; all
  bool clears_padding = false;             ///< whether the lanes behind the last channel exist, as zeros
  const float* bias = nullptr;
  Tail tail;
};
using WinogradOutputKernel = void (*)(const WinogradOutput&);
[[nodiscard]] WinogradOutputKernel winograd_output_kernel(Isa isa);

}  // namespace banoff::cpu::simd
