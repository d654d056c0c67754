// Convolutions by cuDNN.
#pragma once

#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

/// Ways to compute a convolution within `workspace` bytes, cuDNN's best guess first.
[[nodiscard]] std::vector<std::unique_ptr<gpu::Convolver>> convolvers(const gpu::ConvProblem& problem,
                                                                      std::size_t workspace);

}  // namespace banoff::cuda
