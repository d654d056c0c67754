// Which of cuDNN's engines compute as precisely as banoff promises.
#pragma once

#include <span>

#include "kernels/cuda/cudnn.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

/// Whether an engine with these notes may be taken. Never one whose results differ from run to run, that rounds its
/// inputs to fewer bits than they are stored with, or that adds up in 16 bits: sums are of 32.
///
/// Winograd's algorithm and Fourier transforms multiply what they have transformed, and the transforms make large
/// values of small ones, in which rounding drowns what is asked for. On tensor cores, where products are of 11 bits and
/// fewer, that would break the bounds of docs/gpu.md; in 32 bits it says that products are exact. So neither is taken.
[[nodiscard]] bool is_precise(std::span<const cudnnBackendNumericalNote_t> notes, gpu::Math math);

/// The same of a call for a whole convolution, which knows of an algorithm less than of an engine.
[[nodiscard]] bool is_precise(const cudnnConvolutionFwdAlgoPerf_t& found);
[[nodiscard]] bool is_precise(const cudnnConvolutionBwdDataAlgoPerf_t& found);

}  // namespace banoff::cuda
