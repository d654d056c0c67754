// A CUDA stream with its cuDNN handle.
#pragma once

#include <optional>

#include "kernels/cuda/handles.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

using OwnedStream = Owned<cudaStream_t, decltype(&cudaStreamDestroy)>;
using OwnedGraph = Owned<cudaGraph_t, decltype(&cudaGraphDestroy)>;
using OwnedGraphExec = Owned<cudaGraphExec_t, decltype(&cudaGraphExecDestroy)>;
using OwnedEvent = Owned<cudaEvent_t, decltype(&cudaEventDestroy)>;

class CudaQueue final : public gpu::Queue {
 public:
  /// Of GPU `device`.
  explicit CudaQueue(int device);

  void launch(const gpu::Job& job) override;
  void copy(std::byte* to, const std::byte* from, std::size_t bytes) override;
  void fill_zero(std::byte* memory, std::size_t bytes) override;
  void wait() override;
  [[nodiscard]] std::unique_ptr<gpu::Recording> record(const std::function<void()>& work) override;
  void replay(const gpu::Recording& recording) override;
  [[nodiscard]] std::unique_ptr<gpu::Timed> timed(const std::function<void()>& work, int runs) override;
  void require_usable() override;

  [[nodiscard]] int device() const { return device_; }
  [[nodiscard]] cudaStream_t stream() const { return stream_.get(); }
  /// Made when it is first asked for: it takes a while, and most queues only copy. To be used while the thread's GPU is
  /// device().
  [[nodiscard]] cudnnHandle_t handle();

 private:
  [[nodiscard]] OwnedGraphExec captured(const std::function<void()>& work);

  int device_;
  OwnedStream stream_;
  bool programmatic_;
  std::optional<OwnedHandle> handle_;
};

}  // namespace banoff::cuda
