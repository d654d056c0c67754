#include "kernels/cuda/numerics.hpp"

#include <algorithm>

namespace banoff::cuda {

namespace {

bool is_precise(cudnnBackendNumericalNote_t note, gpu::Math math) {
  switch (note) {
    case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
    case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
    case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
    case CUDNN_NUMERICAL_NOTE_FFT: return false;
    case CUDNN_NUMERICAL_NOTE_TENSOR_CORE: return math == gpu::Math::tensor;
    default: return true;
  }
}

bool transforms(cudnnConvolutionFwdAlgo_t algorithm) {
  return algorithm == CUDNN_CONVOLUTION_FWD_ALGO_FFT || algorithm == CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING ||
         algorithm == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD || algorithm == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED;
}
bool transforms(cudnnConvolutionBwdDataAlgo_t algorithm) {
  return algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT || algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT_TILING ||
         algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD ||
         algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED;
}

template <class Perf>
bool is_algorithm_precise(const Perf& found) {
  return found.determinism == CUDNN_DETERMINISTIC && found.mathType != CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION &&
         !transforms(found.algo);
}

}  // namespace

bool is_precise(std::span<const cudnnBackendNumericalNote_t> notes, gpu::Math math) {
  return std::ranges::all_of(notes, [math](const auto note) { return is_precise(note, math); });
}

bool is_precise(const cudnnConvolutionFwdAlgoPerf_t& found) { return is_algorithm_precise(found); }
bool is_precise(const cudnnConvolutionBwdDataAlgoPerf_t& found) { return is_algorithm_precise(found); }

}  // namespace banoff::cuda
