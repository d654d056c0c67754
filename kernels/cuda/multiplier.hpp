// Matrix products by cuBLASLt.
#pragma once

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/cublaslt.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

using OwnedLtHandle = Owned<cublasLtHandle_t, decltype(&cublasLtDestroy)>;

/// Threads share it: its calls do not change it.
[[nodiscard]] std::shared_ptr<const OwnedLtHandle> make_lt_handle();

/// A way for each algorithm that its heuristics propose: with a bias, a residual, then ReLU or GELU behind the product.
/// Asking throws where there is no cuBLASLt.
[[nodiscard]] std::vector<gpu::WaySource<gpu::ProductArgs>> product_ways(const gpu::ProductProblem& problem,
                                                                         std::size_t workspace);
/// The way of this plan.
[[nodiscard]] std::unique_ptr<gpu::Multiplier> plan_multiplier(const gpu::ProductProblem& problem,
                                                               std::size_t workspace, const std::string& plan);

}  // namespace banoff::cuda
