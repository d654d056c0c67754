// Convolutions by cuDNN. Both give ways that need at most `workspace` bytes, cuDNN's best guess first.
#pragma once

#include "kernels/cuda/handles.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

/// By its calls for whole convolutions: no more than a ReLU behind it, in every kind of arithmetic.
[[nodiscard]] std::vector<gpu::WaySource<gpu::ConvArgs>> call_ways(const gpu::ConvProblem& problem,
                                                                   std::size_t workspace,
                                                                   const std::shared_ptr<HandlePool>& handles);
/// The way of call_ways that has this name, without asking cuDNN for its guess; null: none of them is called so.
[[nodiscard]] std::unique_ptr<gpu::Convolver> call_convolver(const gpu::ConvProblem& problem, std::size_t workspace,
                                                             const std::shared_ptr<HandlePool>& handles,
                                                             const std::string& name);

/// By graphs of operations, compiled into one kernel: on tensor cores, with any activation and bounds per channel.
[[nodiscard]] std::vector<gpu::WaySource<gpu::ConvArgs>> graph_ways(const gpu::ConvProblem& problem,
                                                                    std::size_t workspace,
                                                                    const std::shared_ptr<HandlePool>& handles);
/// One of graph_ways from its plan (Computation::plan).
[[nodiscard]] std::unique_ptr<gpu::Convolver> plan_convolver(const gpu::ConvProblem& problem, std::size_t workspace,
                                                             const std::shared_ptr<HandlePool>& handles,
                                                             const std::string& plan);

}  // namespace banoff::cuda
