// Calls of CUDA and cuDNN whose failure names the call.
#pragma once

#include <cuda_runtime_api.h>

#include <utility>

namespace banoff::cuda {

/// Throws internal: "cudaMemcpyAsync: an illegal memory access was encountered"; refused where memory ran out.
void check(cudaError_t status, const char* call);

/// Owns what `destroy` ends.
template <class Handle, class Destroy>
class Owned {
 public:
  Owned(Handle handle, Destroy destroy) : handle_(handle), destroy_(destroy) {}
  ~Owned() {
    if (handle_ != Handle{}) (void)destroy_(handle_);
  }
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, Handle{})), destroy_(other.destroy_) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(destroy_, other.destroy_);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;

  [[nodiscard]] Handle get() const { return handle_; }

 private:
  Handle handle_;
  Destroy destroy_;
};

}  // namespace banoff::cuda

#define BANOFF_CUDA_CHECK(call, ...) ::banoff::cuda::check(call(__VA_ARGS__), #call)
