// Passes over floats of 16 bits, channels last: what a tail does on its own, means of pictures, largest values of
// windows.
#pragma once

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/simd/tile.hpp"

namespace banoff::cpu::simd {

/// The tail applied to rows of `channels` elements, which begin at `offset` in x and in the output, which may be one.
struct HalfRows {
  const HalfFloat* x = nullptr;
  std::int64_t rows = 0, channels = 1;
  std::int64_t offset = 0;
  TileTargetOf<HalfFloat> target;
};

/// The mean of every channel in [first, end) over `pixels` of a picture of `channels`, to `floats` or to `halves`.
struct HalfMean {
  const HalfFloat* x = nullptr;
  std::int64_t pixels = 1, channels = 1, first = 0, end = 0;
  float* floats = nullptr;
  HalfFloat* halves = nullptr;
};

/// A row of the output of a pool, of what lies inside the picture.
struct HalfPool {
  const HalfFloat* x = nullptr;  ///< the picture
  HalfFloat* y = nullptr;        ///< the row of the output
  std::int64_t channels = 1, width = 1, out_width = 1;
  std::int64_t first_row = 0, end_row = 0;  ///< of the picture, in the windows
  std::int64_t kernel_width = 1, stride_width = 1, pad_left = 0;
};

struct HalfPasses {
  void (*rows)(const HalfRows&);
  void (*mean)(const HalfMean&);
  void (*largest)(const HalfPool&);
};
/// On the instruction set of half_isa().
[[nodiscard]] HalfPasses half_passes(Isa isa);

}  // namespace banoff::cpu::simd
