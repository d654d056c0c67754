// A convolution with all that follows it, as one graph of cuDNN.
#pragma once

#include "kernels/cuda/graph.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

/// The unique ids of the tensors that have memory.
enum Name : std::int64_t { x_name = 1, weights_name, bias_name, residual_name, lower_name, upper_name, y_name };
/// Of the numbers that are handed over by value, in the order of constants_of.
constexpr std::int64_t first_constant = 100;

/// The constants of a problem's activations, in the order of their operations.
[[nodiscard]] std::vector<float> constants_of(const gpu::ConvProblem& problem);

/// Refused where cuDNN does not take the problem.
[[nodiscard]] Descriptor conv_graph(const gpu::ConvProblem& problem, cudnnHandle_t handle);

}  // namespace banoff::cuda
