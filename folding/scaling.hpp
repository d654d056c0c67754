// Weights that folds have scaled, as factors beside the numbers as loaded. A layer takes up any number of folds at the
// cost of its channels, is never held in double, and is rounded once.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "folding/linear_op.hpp"

namespace banoff::gauge {

/// Weight element i is stored[i] * in[in_channel(i)] * out[out_channel(i)].
struct Scaling {
  LinearOp linear;
  std::vector<double> in, out;
};

/// The scalings of nodes whose weights are not as they are stored.
using Scalings = std::map<NodeId, std::shared_ptr<const Scaling>>;

/// The network at one moment of its folding. What it refers to may change later.
struct Version {
  const Graph& graph;
  const Scalings& scalings;

  /// The scaling of the node's weights, or null.
  [[nodiscard]] const Scaling* scaling(NodeId id) const {
    const auto found = scalings.find(id);
    return found == scalings.end() ? nullptr : found->second.get();
  }
};

/// Reads weights row by row (dimension 0), as scaled, in double. For one thread.
class ScaledRows {
 public:
  /// `scaling` may be null. All three must outlive this.
  ScaledRows(const Tensor& stored, const LinearOp& linear, const Scaling* scaling);

  /// linear.middle * linear.taps numbers.
  [[nodiscard]] std::int64_t length() const noexcept { return linear_.middle * linear_.taps; }
  /// The row's numbers, until the next call.
  [[nodiscard]] const std::vector<double>& row(std::int64_t index);

 private:
  void set_group(std::int64_t group);
  [[nodiscard]] std::span<const float> floats_of(std::int64_t index) const;

  const Tensor& stored_;
  const LinearOp& linear_;
  const Scaling* scaling_;
  std::int64_t group_ = -1;
  std::vector<double> columns_;  // factors along the rows of the current group
  std::vector<double> row_;
};

/// All of the weights in `type`, f64 or f32; in the latter subnormal numbers become zero, for they are slow to compute
/// with.
[[nodiscard]] Tensor scaled(const Tensor& stored, const Scaling& scaling, DType type);

/// The largest magnitude among the numbers of a tensor of floats; infinite or NaN where one of them is.
[[nodiscard]] double largest_magnitude(const Tensor& tensor);
[[nodiscard]] double largest_magnitude(const Tensor& stored, const Scaling& scaling);

}  // namespace banoff::gauge
