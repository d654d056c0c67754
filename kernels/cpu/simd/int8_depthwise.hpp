// Convolutions of pictures of bytes with one filter per channel, channels-last.
#pragma once

#include <cstddef>

#include "kernels/cpu/simd/int8.hpp"

namespace banoff::cpu::simd {

/// How the weights of a square kernel lie for this processor: by groups of channels that are computed together.
struct ByteDepthwiseForm {
  std::int64_t channels = 1, kernel = 3, stride = 1;
  bool dot = false;
  std::int64_t lanes = 16;  ///< channels of a group

  /// The last begins early enough to be whole, where there are so many channels at all, and repeats some.
  [[nodiscard]] constexpr std::int64_t groups() const { return (channels + lanes - 1) / lanes; }
  [[nodiscard]] constexpr std::int64_t first(std::int64_t group) const {
    const std::int64_t last = channels < lanes ? 0 : channels - lanes;
    return group * lanes < last ? group * lanes : last;
  }
  /// Rows of the output that are computed together.
  [[nodiscard]] constexpr std::int64_t rows() const { return stride == 1 ? 2 : 1; }
  /// The weights of a group lie as [row][part][kernel column][lane][rows of a part]: with an instruction for four
  /// products each row of the output has its own, of four rows of the input at a time, some of which it does not see.
  /// Otherwise they are as they were given but for the lanes, of a row at a time.
  [[nodiscard]] constexpr std::int64_t part() const { return dot ? 4 : 1; }
  [[nodiscard]] constexpr std::int64_t copies() const { return dot ? rows() : 1; }
  [[nodiscard]] constexpr std::int64_t parts() const {
    return ((copies() - 1) * stride + kernel + part() - 1) / part();
  }
  [[nodiscard]] constexpr std::int64_t group_bytes() const { return copies() * parts() * kernel * lanes * part(); }
};
[[nodiscard]] ByteDepthwiseForm byte_depthwise_form(const ByteIsa& isa, std::int64_t channels, std::int64_t kernel,
                                                    std::int64_t stride);
/// From [channel][kernel][kernel], q in [-128, 127], to all groups' weights.
void pack_depthwise(const ByteDepthwiseForm& form, const std::int8_t* from, std::byte* to);

/// Rows [first_row, end_row) of the output of one image and groups [first_group, end_group) of its channels. Outside of
/// the picture lies its zero point.
struct ByteDepthwise {
  const std::uint8_t* x = nullptr;  ///< channel 0 at pixel (0, 0); pixels are `channels` apart, here and in the output
  const std::byte* weights = nullptr;
  ByteDepthwiseForm form;
  std::int64_t height = 1, width = 1, out_width = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t first_row = 0, end_row = 0;
  std::int64_t first_group = 0, end_group = 0;
  std::uint8_t x_zero = 0;
  std::int64_t offset = 0;  ///< of channel 0 at pixel (0, 0) in the output
  ByteTarget target;
};
using ByteDepthwiseKernel = void (*)(const ByteDepthwise&);
/// Null where there is none: a kernel other than 3 and 5, a stride other than 1 and 2.
[[nodiscard]] ByteDepthwiseKernel byte_depthwise_kernel(const ByteIsa& isa, std::int64_t kernel, std::int64_t stride);
/// That of two rows at a time, for all but AVX-512 with an instruction for four products.
[[nodiscard]] ByteDepthwiseKernel byte_pairs_kernel(Isa isa, std::int64_t kernel, std::int64_t stride);

}  // namespace banoff::cpu::simd
