// A value's memory as four nested loops, whatever its layout: [n][blocks][spatial][lanes].
//
// Plain is blocks = channels with one lane each, channels-last is one block of all channels, and the blocked layouts
// lie between. A kernel written on this view works in every layout.
#pragma once

#include <cstdint>

#include "kernels/device.hpp"

namespace banoff::cpu {

struct Blocks {
  std::int64_t n = 1, blocks = 1, spatial = 1, lanes = 1;
  std::int64_t channels = 1;  ///< less than blocks * lanes when the last block is padded

  [[nodiscard]] std::int64_t elements() const { return n * blocks * spatial * lanes; }
  [[nodiscard]] std::int64_t padded_channels() const { return blocks * lanes; }
  /// Offset of the first element of block `b` of image `i`.
  [[nodiscard]] std::int64_t plane(std::int64_t i, std::int64_t b) const { return (i * blocks + b) * spatial * lanes; }
};

/// Channels per block: 1 for plain, 8 or 16 for the blocked layouts, all of them for channels-last.
[[nodiscard]] std::int64_t lanes_of(Layout layout, std::int64_t channels);

/// Ranks 0 and 1 count as one row; dimension 1 is the channels.
[[nodiscard]] Blocks blocks_of(const Shape& shape, Layout layout);

/// Elements a value takes in a layout, padding included; throws bad_input when that overflows.
[[nodiscard]] std::int64_t elements_of(const Shape& shape, Layout layout);

/// Whether the bytes of a value are the same in both layouts (one channel, one pixel, …).
[[nodiscard]] bool same_bytes(const Shape& shape, Layout a, Layout b);

/// Sets the padding lanes of the last block to zero.
void clear_padding(const Blocks& view, float* data);

}  // namespace banoff::cpu
