// Arithmetic on grids of integers: x ~ scale (q - zero_point).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/graph.hpp"

namespace banoff {

/// The smallest and the largest integer that a type holds; of integers of up to 32 bits.
struct IntegerRange {
  std::int64_t least = 0, most = 0;
};
[[nodiscard]] inline IntegerRange range_of(DType type) {
  return visit_dtype(type, []<class T>(T) -> IntegerRange {
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 4)
      return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    else return {};
  });
}

/// The largest magnitude of a weight on its grid: one less than 8 bits hold, so that a sign can change.
inline constexpr std::int64_t most_weight = 127;

/// How a device keeps values of the grid that an op names.
[[nodiscard]] inline Stored stored_on(DType type, double scale, std::int64_t zero_point) {
  return {type, static_cast<float>(scale), static_cast<std::int32_t>(zero_point)};
}
[[nodiscard]] inline Stored stored_on(const FakeQuantize& op) { return stored_on(op.type, op.scale, op.zero_point); }

/// The number of x on the grid within the range, halves to the even neighbour. `T` is what the quotient is
/// rounded in: float as ONNX Runtime does, or double.
template <class T>
[[nodiscard]] std::int64_t grid_number(T x, T scale, std::int64_t zero_point, const IntegerRange& range) {
  const T steps = std::nearbyint(x / scale);
  if (!(steps == steps)) return zero_point;
  // Beyond what an int64 could tell, the range ends anyway.
  const T bounded = std::clamp(steps, static_cast<T>(-0x1p40), static_cast<T>(0x1p40));
  return std::clamp(static_cast<std::int64_t>(bounded) + zero_point, range.least, range.most);
}

/// Whether every element of the node's outputs is one of an input's, or zero, which is on every grid.
[[nodiscard]] bool only_moves(const Node& node);
/// By ValueId, the grid that all elements of a value lie on: of what a fake_quantize makes, and what moves only that.
using Grids = std::vector<std::optional<FakeQuantize>>;
[[nodiscard]] Grids grids_of(const Graph& graph);
/// The grid of what the node makes, where those of its inputs are in `grids`.
[[nodiscard]] std::optional<FakeQuantize> grid_behind(const Node& node, const Grids& grids);

/// Whether the op says that its weights are multiples of its parameter weight_scale.
[[nodiscard]] bool has_weight_scale(const Op& op);
/// Says so, or no longer; of a convolution or dense layer.
void set_weight_scale(Op& op, bool has);
/// No longer says so, and drops the parameter.
void forget_weight_scale(Node& node);

/// Weights [out, …] as multiples of a scale per output, at most 127 of them.
struct GridWeights {
  Tensor numbers;  ///< i8, in the shape of the weights
  Tensor scale;    ///< f32 [out]
};
/// Scales by the largest magnitude of each output, at least `least_scale[out]` where that is given; of an output of
/// zeros it is 1.
[[nodiscard]] GridWeights on_grid(const Tensor& weight, const std::vector<float>& least_scale = {});
/// The weights that the numbers stand for, in f32.
[[nodiscard]] Tensor from_grid(const GridWeights& weights);
/// The numbers of weights that lie on the grid. Throws bad_input where one does not, or is beyond 127.
[[nodiscard]] Tensor grid_numbers(const Tensor& weight, const Tensor& scale);
/// Gives the node these weights and their grid.
void set_grid_weights(Graph& graph, NodeId id, const GridWeights& weights);

}  // namespace banoff
