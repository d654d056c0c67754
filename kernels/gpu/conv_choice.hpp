// Which of the library's ways computes a convolution.
#pragma once

#include "kernels/gpu/kernel.hpp"
#include "kernels/gpu/tuner.hpp"

namespace banoff::gpu {

/// The chosen way. It is tried on random images and `args`' weights, bias and bounds, which are on the device. Throws
/// Refused where the library has none.
[[nodiscard]] Choice<ConvArgs> choose_convolver(const Context& context, const ConvProblem& problem,
                                                const ConvArgs& args);

}  // namespace banoff::gpu
