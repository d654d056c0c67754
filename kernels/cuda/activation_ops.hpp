// Activations as the pointwise operations that cuDNN's graphs have.
#pragma once

#include <cudnn.h>

#include <optional>
#include <utility>
#include <vector>

#include "runtime/graph/ops.hpp"

namespace banoff::cuda {

/// One operation on the value before it.
struct PointwiseOp {
  cudnnPointwiseMode_t mode;
  std::vector<std::pair<cudnnBackendAttributeName_t, double>> parameters = {};
  std::optional<float> constant = std::nullopt;  ///< the second operand
  bool with_first = false;                       ///< the second operand is what the activation was given
};

/// The operations, one behind the other, that compute an activation.
[[nodiscard]] std::vector<PointwiseOp> pointwise_ops(const Activation& activation);

}  // namespace banoff::cuda
