// Handles of cuDNN for questions and for making plans, which many threads do at a time.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/cudnn.hpp"
#include "kernels/cuda/device_guard.hpp"

namespace banoff::cuda {

using OwnedHandle = Owned<cudnnHandle_t, decltype(&cudnnDestroy)>;

/// One that belongs to nobody yet, on the default stream of the thread's GPU.
[[nodiscard]] OwnedHandle make_handle();

/// Lends handles: cuDNN may be called by several threads at a time, but by each with a handle of its own. They live as
/// long as the last plan that was made with one, which holds the pool.
class HandlePool {
 public:
  explicit HandlePool(int device) : device_(device) {}

  /// Gives its handle back when it ends; the pool has to outlive it. Until then the thread's GPU is the handle's.
  class Lent {
   public:
    explicit Lent(HandlePool& pool) : pool_(pool), guard_(pool.device_), handle_(pool.take()) {}
    ~Lent() { pool_.take_back(std::move(handle_)); }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    [[nodiscard]] cudnnHandle_t get() const { return handle_.get(); }

   private:
    HandlePool& pool_;
    DeviceGuard guard_;
    OwnedHandle handle_;
  };

  [[nodiscard]] Lent lend() { return Lent(*this); }

 private:
  [[nodiscard]] OwnedHandle take();
  void take_back(OwnedHandle handle);

  int device_;
  std::mutex mutex_;
  std::vector<OwnedHandle> free_;
};

}  // namespace banoff::cuda
