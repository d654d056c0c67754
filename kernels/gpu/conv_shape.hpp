// A convolution node, read for the kernels that compute it.
#pragma once

#include "kernels/gpu/kernels.hpp"

namespace banoff::gpu {

/// Always two or three spatial dimensions: one gets a height of 1.
struct ConvShape {
  const Node* node = nullptr;
  bool transposed = false;
  Shape x, y;  ///< rank 4 or 5
  std::int64_t groups = 1, in_per_group = 1, out_per_group = 1, taps = 1;
  std::vector<Window> spatial;
  std::vector<float> padding;  ///< what the padding reads, by channel; empty: zero, or there is none
  std::size_t source = 0;      ///< the region input that is convolved
  Layout source_layout = Layout::channels_last;

  [[nodiscard]] std::int64_t in() const { return x[1]; }
  [[nodiscard]] std::int64_t out() const { return y[1]; }
  [[nodiscard]] double flops() const;
};

[[nodiscard]] ConvShape conv_shape(const Region& region);

/// The weights for DirectConv: [tap][input channel of the group][output channel].
[[nodiscard]] std::vector<float> direct_weights(const Region& region, const ConvShape& shape);
/// The weights for a library, with channels of zeros behind the real ones: [out][tap][in of the group], of a
/// transposed convolution [in][tap][out of the group].
[[nodiscard]] std::vector<float> library_weights(const Region& region, const ConvShape& shape, std::int64_t in_channels,
                                                 std::int64_t out_channels);

/// A convolution of one pixel per image by a kernel of one tap: a matrix product.
[[nodiscard]] JobOffer product_convolution(const Context& context, const Region& region);
/// Depthwise ones of the usual windows, with an activation or bounds behind them.
[[nodiscard]] JobOffer depthwise_convolution(const Context& context, const Region& region, const ConvShape& shape);
/// By the device's own kernel, with the whole chain behind it in one pass.
[[nodiscard]] JobOffer direct_convolution(const Context& context, const Region& region, const ConvShape& shape);
/// By the library. Which of its ways, and whether it has one at all, is found when it is made.
[[nodiscard]] JobOffer library_convolution(const Context& context, const Region& region, const ConvShape& shape);

}  // namespace banoff::gpu
