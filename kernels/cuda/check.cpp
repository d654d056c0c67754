#include "kernels/cuda/check.hpp"

#include "runtime/core/fail.hpp"

namespace banoff::cuda {

void check(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  const ErrorKind kind = status == cudaErrorMemoryAllocation ? ErrorKind::refused : ErrorKind::internal;
  (void)cudaGetLastError();  // so that the next call does not report it again
  fail(kind, "{}: {}", call, cudaGetErrorString(status));
}

}  // namespace banoff::cuda
