// Which GPU the calls of a thread go to.
#pragma once

#include "kernels/cuda/check.hpp"

namespace banoff::cuda {

/// Makes a GPU the calling thread's, and gives it back the one it had: streams, memory and cuDNN's handles belong to
/// the GPU that is the thread's when they are made, and calls with them to no other.
class DeviceGuard {
 public:
  explicit DeviceGuard(int device) {
    BANOFF_CUDA_CHECK(cudaGetDevice, &before_);
    changed_ = before_ != device;
    if (changed_) BANOFF_CUDA_CHECK(cudaSetDevice, device);
  }
  ~DeviceGuard() {
    if (changed_) (void)cudaSetDevice(before_);
  }
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;

 private:
  int before_ = 0;
  bool changed_ = false;
};

}  // namespace banoff::cuda
