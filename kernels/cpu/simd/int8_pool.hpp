// Windows, means and borders of pictures of bytes, channels-last.
#pragma once

#include "kernels/cpu/simd/int8.hpp"

namespace banoff::cpu::simd {

/// Rows [first_row, end_row) of the output of one image: the largest value of each window.
struct BytePool {
  const std::uint8_t* x = nullptr;  ///< pixel (0, 0); pixels are `channels` apart, here and in the output
  std::int64_t channels = 1, height = 1, width = 1, out_width = 1;
  std::int64_t kernel_height = 1, kernel_width = 1, stride_height = 1, stride_width = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t first_row = 0, end_row = 0;
  std::uint8_t* y = nullptr;  ///< pixel (0, 0) of the image
};

/// y[c] = scale * sum of x[i][c] + shift, channels [first, end) of one image: a mean of everything, in float.
struct ByteMean {
  const std::uint8_t* x = nullptr;
  float* y = nullptr;
  float scale = 1, shift = 0;
  std::int64_t pixels = 1, channels = 1;
  std::int64_t first = 0, end = 0;
};

/// Rows [first_row, end_row) of a picture with a border of `value`, and with `y_channels` for its `channels`, what is
/// behind them unspecified: that is for the convolutions, which read no border otherwise.
struct ByteBorder {
  const std::uint8_t* x = nullptr;
  std::uint8_t* y = nullptr;  ///< [..][width + pad_left + pad_right][y_channels]
  std::int64_t channels = 1, y_channels = 1;
  std::int64_t height = 1, width = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_right = 0;
  std::int64_t first_row = 0, end_row = 0;
  std::uint8_t value = 0;
};

struct BytePools {
  void (*largest)(const BytePool&);
  void (*mean)(const ByteMean&);
  void (*border)(const ByteBorder&);
};
[[nodiscard]] BytePools byte_pools(const ByteIsa& isa);

}  // namespace banoff::cpu::simd
