// Making moves: which elements go where, brought into the fewest and widest units.
#pragma once

#include <optional>

#include "kernels/gpu/kernel.hpp"

namespace banoff::gpu {

/// One dimension of the walked space; strides and table entries in elements.
struct WalkDim {
  std::int64_t extent = 1, from = 0, to = 0;
  std::vector<int> table = {};  ///< in place of `from`
  bool channels = false;        ///< its index says which fill value is meant
};

struct MovePlan {
  std::vector<WalkDim> ways;
  std::int64_t from = 0, to = 0;  ///< where the walk starts, in elements
  std::size_t element = 4;
  std::vector<std::byte> fill = {};  ///< elements by channel; empty: zeros
};

/// A move ready to run.
struct ReadyMove {
  Move job;
  std::size_t from = 0, to = 0;  ///< bytes

  void queue(Queue& queue, const std::byte* x, std::byte* y) const;
};

/// A move whose tables and fill values are still in the host's memory.
struct DescribedMove {
  ReadyMove move;
  std::vector<std::vector<int>> tables;  ///< by dimension
  std::vector<std::byte> fill;

  [[nodiscard]] ReadyMove uploaded(Uploads& uploads) const;
};

[[nodiscard]] DescribedMove described(MovePlan plan);

/// Images in plain order brought to channels-last with so many lanes, zeros behind the channels; none where they have
/// too many channels, or elements of another type.
[[nodiscard]] std::optional<Interleave> interleaving(const Shape& shape, DType type, std::int64_t lanes);

/// The walk over all elements of a shape, read in one layout and written in another.
[[nodiscard]] MovePlan relay(const Shape& shape, Layout from, Layout to, std::size_t element);

}  // namespace banoff::gpu
