// Convolutions by cuDNN. Both give ways that need at most `workspace` bytes, cuDNN's best guess first.
#pragma once

#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

/// By its calls for whole convolutions: no more than a ReLU behind it, in every kind of arithmetic.
[[nodiscard]] std::vector<gpu::Way> call_ways(const gpu::ConvProblem& problem, std::size_t workspace);

/// By graphs of operations, compiled into one kernel: on tensor cores, with any activation and bounds per channel.
[[nodiscard]] std::vector<gpu::Way> graph_ways(const gpu::ConvProblem& problem, std::size_t workspace);

}  // namespace banoff::cuda
