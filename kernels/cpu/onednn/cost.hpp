// What kernels will take, from measured rates: good enough to choose between layouts of the same network.
#pragma once

#include "kernels/device.hpp"

namespace banoff::onednn {

struct ConvolutionShape {
  const Shape& input;
  const Shape& output;
  const std::vector<Window>& spatial;
  std::int64_t groups, in_per_group, out_per_group;
  Layout input_layout, output_layout;
  std::string implementation;
};

/// Microseconds, for `threads` threads.
[[nodiscard]] double convolution_us(const ConvolutionShape& shape, int threads);
/// Of one post-op with values per channel, per element of the result.
[[nodiscard]] double per_channel_us(const std::string& implementation, Layout layout, int threads);
/// Of one operand as large as the result, per element of it; `bytes`: of all its elements.
[[nodiscard]] double operand_us(const std::string& implementation, double bytes, int threads);
[[nodiscard]] double transposed_convolution_us(const Shape& input, const ConvTranspose& op,
                                               const std::vector<Window>& spatial, Layout layout,
                                               const std::string& implementation, int threads);
[[nodiscard]] double product_us(std::int64_t rows, std::int64_t columns, std::int64_t inner, int threads);

}  // namespace banoff::onednn
