#include "kernels/cuda/handles.hpp"

namespace banoff::cuda {

OwnedHandle make_handle() {
  cudnnHandle_t handle = nullptr;
  BANOFF_CUDNN_CHECK(cudnnCreate, &handle);
  return {handle, cudnn().cudnnDestroy};
}

OwnedHandle HandlePool::take() {
  // Made under the lock: cuDNN asks that the first one be made by one thread alone.
  const std::scoped_lock lock(mutex_);
  if (free_.empty()) free_.push_back(make_handle());
  OwnedHandle handle = std::move(free_.back());
  free_.pop_back();
  return handle;
}

void HandlePool::take_back(OwnedHandle handle) {
  const std::scoped_lock lock(mutex_);
  free_.push_back(std::move(handle));
}

}  // namespace banoff::cuda
