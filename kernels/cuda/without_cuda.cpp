// What a build without CUDA answers.
#include "kernels/cuda/cuda.hpp"
#include "kernels/gpu/backend.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::cuda {

Availability availability() { return {false, "built without CUDA", 0}; }

std::shared_ptr<const gpu::Backend> backend(int /*index*/) {
  fail(ErrorKind::refused, "no GPU can be used: banoff was built without CUDA (CMake option BANOFF_CUDA)");
}

}  // namespace banoff::cuda
