// The expressive ops (y = W x + b) seen alike: which channels each weight connects.
#pragma once

#include "runtime/graph/signature.hpp"

namespace banoff::gauge {

/// Weight element i connects input channel `in_channel(i)` with output channel `out_channel(i)`.
struct LinearOp {
  std::int64_t outer = 0;   ///< weight dimension 0
  std::int64_t middle = 0;  ///< weight dimension 1
  std::int64_t taps = 1;    ///< kernel positions
  std::int64_t groups = 1;
  bool transposed = false;  ///< dimension 0 is the input's

  [[nodiscard]] std::int64_t outputs() const { return transposed ? middle * groups : outer; }
  [[nodiscard]] std::int64_t major(std::int64_t i) const { return i / (middle * taps); }
  [[nodiscard]] std::int64_t minor(std::int64_t i) const {
    return major(i) / (outer / groups) * middle + i / taps % middle;
  }
  [[nodiscard]] std::int64_t in_channel(std::int64_t i) const { return transposed ? major(i) : minor(i); }
  [[nodiscard]] std::int64_t out_channel(std::int64_t i) const { return transposed ? minor(i) : major(i); }
};

/// How a conv, transposed conv or dense layer with a weight of this shape connects channels.
[[nodiscard]] LinearOp linear_op(const Op& op, const Shape& weight, const Shape& input);

/// Whether any window of this span reads padding.
[[nodiscard]] inline bool reads_padding(const Window& w) {
  return w.output > 0 &&
         (w.pad_begin > 0 || (w.output - 1) * w.stride - w.pad_begin + (w.kernel - 1) * w.dilation >= w.input);
}

/// Whether windows over this input read padding; with `at_any_size`, whether they do at some size of the input: windows
/// that end just before the padding at one size reach into it at another.
[[nodiscard]] bool reads_padding(const Conv& op, const Shape& input, bool at_any_size);
[[nodiscard]] bool reads_padding(const Pool& op, const Shape& input, bool at_any_size);
/// The same of a conv whose padding is zeros.
[[nodiscard]] bool reads_zero_padding(const Conv& op, const Shape& input, bool at_any_size);

/// The Constant node whose matrix is this MatMul's private right operand; none if that is not how it is.
[[nodiscard]] NodeId constant_weight(const Graph& graph, const Node& matmul);

/// Whether the node's weights take up gauges of what it reads: a batch norm, an affine node or an expressive op.
[[nodiscard]] bool absorbs(const Graph& graph, const Node& node);

/// Conv, transposed conv, dense, or a matmul by a constant.
[[nodiscard]] bool is_expressive(const Graph& graph, const Node& node);

}  // namespace banoff::gauge
