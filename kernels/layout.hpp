// How values lie in memory: the one place that knows what the layouts are.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "banoff/tensor.hpp"

namespace banoff {

/// Layouts other than `plain` exist for values of rank 3 to 5 (N, C, spatial).
enum class Layout : std::uint8_t {
  plain,          ///< row-major as the shape says (NCHW)
  channels_last,  ///< NHWC
  blocked8,       ///< nChw8c: channels in blocks of 8, the last block padded with zeros
  blocked16,      ///< nChw16c
};
[[nodiscard]] std::string_view name_of(Layout layout) noexcept;

/// A value's memory as four nested loops, whatever its layout: [n][blocks][spatial][lanes]. Plain is blocks = channels
/// with one lane each, channels-last is one block of all channels, and the blocked layouts lie between. A kernel
/// written on this view works in every layout.
struct Blocks {
  std::int64_t n = 1, blocks = 1, spatial = 1, lanes = 1;
  std::int64_t channels = 1;  ///< less than blocks * lanes when the last block is padded

  [[nodiscard]] std::int64_t elements() const { return n * blocks * spatial * lanes; }
  [[nodiscard]] std::int64_t padded_channels() const { return blocks * lanes; }
  /// Offset of the first element of block `b` of image `i`.
  [[nodiscard]] std::int64_t plane(std::int64_t i, std::int64_t b) const { return (i * blocks + b) * spatial * lanes; }
};

/// Ranks 0 and 1 count as one row; dimension 1 is the channels.
[[nodiscard]] Blocks blocks_of(const Shape& shape, Layout layout);

/// Elements a value takes in a layout, padding included; throws bad_input when that overflows.
[[nodiscard]] std::int64_t elements_of(const Shape& shape, Layout layout);

/// Whether a value takes the same bytes in both layouts, each element at the same place (one channel, one pixel, one
/// full block, …): then it need not be copied from one to the other.
[[nodiscard]] bool same_bytes(const Shape& shape, Layout a, Layout b);

/// Sets the padding lanes of the last block to zero.
void clear_padding(const Blocks& view, float* data);

/// The axes of a shape as they lie in memory, outermost first; of layouts without blocks.
[[nodiscard]] std::vector<std::size_t> memory_order(std::size_t rank, Layout layout);
/// Elements between neighbours along each axis; of layouts without blocks.
[[nodiscard]] std::vector<std::int64_t> strides_of(const Shape& shape, Layout layout);

}  // namespace banoff
