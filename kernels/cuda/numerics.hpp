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
/// values of small ones, in which the rounding of the products drowns what is asked for. Where products are rounded to
/// 11 bits and fewer (tensor cores) they are left out. In 32 bits Winograd's smallest tiles are taken (4x4 inputs, the
/// factors of whose transforms are 0, 1 and 1/2): larger ones' factors lose two digits and more of the seven, and
/// docs/gpu.md promises an error of 1e-5.
[[nodiscard]] bool is_precise(std::span<const cudnnBackendNumericalNote_t> notes, gpu::Math math);

/// The same of a call for a whole convolution, which knows of an algorithm less than of an engine.
[[nodiscard]] bool is_precise(const cudnnConvolutionFwdAlgoPerf_t& found, gpu::Math math);
[[nodiscard]] bool is_precise(const cudnnConvolutionBwdDataAlgoPerf_t& found, gpu::Math math);

}  // namespace banoff::cuda
