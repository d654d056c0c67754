// A convolution with all that follows it, as one graph of cuDNN.
#pragma once

#include "kernels/cuda/graph.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

/// The unique ids of the tensors that have memory.
enum Name : std::int64_t { x_name = 1, weights_name, bias_name, residual_name, lower_name, upper_name, y_name };

/// Refused where cuDNN has no operation for the activation, or does not take the problem.
[[nodiscard]] Descriptor conv_graph(const gpu::ConvProblem& problem, cudnnHandle_t handle);

}  // namespace banoff::cuda
