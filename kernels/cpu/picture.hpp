// A convolution of pictures as the own kernels see it.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// Products that take about as long as an element of a pass over memory does: for `parallel_for`.
inline constexpr std::int64_t parallel_products = 16;

/// Whether the channels of a pixel lie together, and nothing but they.
[[nodiscard]] inline bool channels_last(const Blocks& view) { return view.blocks == 1 && view.lanes == view.channels; }

/// Node 0 of a region: a convolution over two dimensions. Throws Refused for others, for taps apart (dilation), and
/// where padding reads anything but zero.
struct ConvPicture {
  Blocks in, out;  ///< as they lie in memory
  Window height{}, width{};
  std::size_t source = 0;  ///< the region input

  explicit ConvPicture(const Region& region);

  /// Microseconds that `products` per element of the result take at a rate in GFLOP/s of one core, or moving the
  /// values does, by the measure of onednn/cost.cpp.
  [[nodiscard]] double us(double products, double rate, int threads) const;
};

/// Into how many strips, of at most `most` rows or pixels out of `count`, a picture is cut for `threads` threads. Where
/// there are enough pixels every thread gets as many strips, one behind the other, in all kernels alike: it finds what
/// it needs of the kernel before in its own caches. Of small pictures threads share out the channels instead.
[[nodiscard]] std::int64_t strips_of(std::int64_t count, std::int64_t most, std::int64_t pixels, int threads);

/// The bias of node 0, zeros where it has none.
[[nodiscard]] std::vector<float> bias_of(const Region& region);

}  // namespace banoff::cpu
