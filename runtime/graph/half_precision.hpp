// What half precision can hold: parameters are kept as they are, and a file that computes in half must write them.
#pragma once

#include <vector>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/graph.hpp"

namespace banoff {

[[nodiscard]] constexpr bool is_half(DType type) noexcept { return type == DType::f16 || type == DType::bf16; }

/// The largest finite number of a float type.
[[nodiscard]] double largest_of(DType type) noexcept;

/// Whether a parameter rounds to `type` by at most its rounding error, relative to the largest number of each channel
/// (dimension 0; 1 of a Constant): nothing overflows, and no channel is lost among numbers that are subnormal there.
[[nodiscard]] bool fits(const Graph& graph, const Node& node, Slot slot, DType type);

/// Whether all parameters fit that node `id` would be written with, were it computed in `type` on an input of this
/// shape. True for types that are no half.
[[nodiscard]] bool parameters_fit(const Graph& graph, const Node& node, const Shape& input, DType type);

/// Zeros around x - v with the convolution's share of v in its bias are v around x: W (x - v) + (b + sum of W v).
[[nodiscard]] std::vector<double> bias_with_padding_values(const Graph& graph, const Node& conv, const Shape& input);

}  // namespace banoff
