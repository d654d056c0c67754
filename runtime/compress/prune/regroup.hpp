// Tensors whose indices along a dimension become fewer.
#pragma once

#include <vector>

#include "banoff/tensor.hpp"

namespace banoff::pruning {

/// The old channels that become one new one, by new channel; each is `width` indices behind each other.
struct Regrouping {
  std::vector<std::vector<std::int64_t>> parts;
  std::int64_t width = 1;
};

enum class Merge : std::uint8_t { mean, sum };

/// Numbers in double with their shape.
struct Numbers {
  Shape shape;
  std::vector<double> values;
};

[[nodiscard]] Numbers regrouped(const Numbers& numbers, std::size_t dim, const Regrouping& regrouping, Merge how);

}  // namespace banoff::pruning
