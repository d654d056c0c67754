#include "kernels/cuda/numerics.hpp"

#include <algorithm>

namespace banoff::cuda {

namespace {

bool is_precise(cudnnBackendNumericalNote_t note, gpu::Math math) {
  switch (note) {
    case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
    case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
    case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13: return false;
    case CUDNN_NUMERICAL_NOTE_WINOGRAD:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4:
    case CUDNN_NUMERICAL_NOTE_FFT: return math == gpu::Math::fma;
    case CUDNN_NUMERICAL_NOTE_TENSOR_CORE: return math == gpu::Math::tensor;
    default: return true;
  }
}

template <class Perf>
bool is_repeatable(const Perf& found) {
  return found.determinism == CUDNN_DETERMINISTIC && found.mathType != CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION;
}

}  // namespace

bool is_precise(std::span<const cudnnBackendNumericalNote_t> notes, gpu::Math math) {
  return std::ranges::all_of(notes, [math](const auto note) { return is_precise(note, math); });
}

bool is_precise(const cudnnConvolutionFwdAlgoPerf_t& found, gpu::Math math) {
  switch (found.algo) {
    case CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED: return false;  // tiles of 6x6 inputs, of 13x13 with 5x5 taps
    case CUDNN_CONVOLUTION_FWD_ALGO_FFT:
    case CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING:
    case CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD: return is_repeatable(found) && math == gpu::Math::fma;
    default: return is_repeatable(found);
  }
}

bool is_precise(const cudnnConvolutionBwdDataAlgoPerf_t& found, gpu::Math math) {
  switch (found.algo) {
    case CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED: return false;
    case CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT:
    case CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT_TILING:
    case CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD: return is_repeatable(found) && math == gpu::Math::fma;
    default: return is_repeatable(found);
  }
}

}  // namespace banoff::cuda
