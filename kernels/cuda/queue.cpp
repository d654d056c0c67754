#include "kernels/cuda/queue.hpp"

#include <cstdlib>

#include "kernels/cuda/launch.hpp"

namespace banoff::cuda {

namespace {

cudaStream_t make_stream(int device) {
  const DeviceGuard guard(device);
  cudaStream_t stream = nullptr;
  BANOFF_CUDA_CHECK(cudaStreamCreateWithFlags, &stream, cudaStreamNonBlocking);
  return stream;
}

OwnedEvent make_event() {
  cudaEvent_t event = nullptr;
  BANOFF_CUDA_CHECK(cudaEventCreate, &event);
  return {event, &cudaEventDestroy};
}

struct CudaRecording final : gpu::Recording {
  explicit CudaRecording(OwnedGraphExec made) : graph(std::move(made)) {}
  OwnedGraphExec graph;
};

}  // namespace

// BANOFF_NO_OVERLAP shows what it costs to start every kernel when the one before has ended.
CudaQueue::CudaQueue(int device)
    : device_(device),
      stream_(make_stream(device), &cudaStreamDestroy),
      programmatic_(launches_programmatically(device) && std::getenv("BANOFF_NO_OVERLAP") == nullptr) {}

cudnnHandle_t CudaQueue::handle() {
  if (!handle_) {
    const DeviceGuard guard(device_);
    handle_.emplace(make_handle());
    BANOFF_CUDNN_CHECK(cudnnSetStream, handle_->get(), stream());
  }
  return handle_->get();
}

void CudaQueue::launch(const gpu::Job& job) {
  const DeviceGuard guard(device_);
  cuda::launch(job, stream(), programmatic_);
}

void CudaQueue::copy(std::byte* to, const std::byte* from, std::size_t bytes) {
  const DeviceGuard guard(device_);
  BANOFF_CUDA_CHECK(cudaMemcpyAsync, to, from, bytes, cudaMemcpyDefault, stream());
}

void CudaQueue::fill_zero(std::byte* memory, std::size_t bytes) {
  const DeviceGuard guard(device_);
  if (bytes > 0) BANOFF_CUDA_CHECK(cudaMemsetAsync, memory, 0, bytes, stream());
}

void CudaQueue::wait() {
  const DeviceGuard guard(device_);
  BANOFF_CUDA_CHECK(cudaStreamSynchronize, stream());
}

OwnedGraphExec CudaQueue::captured(const std::function<void()>& work) {
  const DeviceGuard guard(device_);
  BANOFF_CUDA_CHECK(cudaStreamBeginCapture, stream(), cudaStreamCaptureModeThreadLocal);
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    // The capture has to end whatever went wrong in it; the first failure is the one to tell.
    if (cudaStreamEndCapture(stream(), &graph) == cudaSuccess && graph != nullptr) (void)cudaGraphDestroy(graph);
    (void)cudaGetLastError();
    throw;
  }
  BANOFF_CUDA_CHECK(cudaStreamEndCapture, stream(), &graph);
  const OwnedGraph owned(graph, &cudaGraphDestroy);
  cudaGraphExec_t exec = nullptr;
  BANOFF_CUDA_CHECK(cudaGraphInstantiate, &exec, graph, 0);
  OwnedGraphExec result(exec, &cudaGraphExecDestroy);
  BANOFF_CUDA_CHECK(cudaGraphUpload, exec, stream());
  return result;
}

std::unique_ptr<gpu::Recording> CudaQueue::record(const std::function<void()>& work) {
  return std::make_unique<CudaRecording>(captured(work));
}

void CudaQueue::replay(const gpu::Recording& recording) {
  const DeviceGuard guard(device_);
  BANOFF_CUDA_CHECK(cudaGraphLaunch, dynamic_cast<const CudaRecording&>(recording).graph.get(), stream());
}

namespace {

/// A recorded graph between two events.
class TimedGraph final : public gpu::Timed {
 public:
  TimedGraph(int device, cudaStream_t stream, OwnedGraphExec graph, int runs)
      : device_(device), stream_(stream), graph_(std::move(graph)), runs_(runs) {}

  double us() override {
    const DeviceGuard guard(device_);
    float ms = 0;
    BANOFF_CUDA_CHECK(cudaEventRecord, start_.get(), stream_);
    BANOFF_CUDA_CHECK(cudaGraphLaunch, graph_.get(), stream_);
    BANOFF_CUDA_CHECK(cudaEventRecord, end_.get(), stream_);
    BANOFF_CUDA_CHECK(cudaStreamSynchronize, stream_);
    BANOFF_CUDA_CHECK(cudaEventElapsedTime, &ms, start_.get(), end_.get());
    constexpr double us_per_ms = 1e3;
    return static_cast<double>(ms) * us_per_ms / runs_;
  }

 private:
  int device_;
  cudaStream_t stream_;
  OwnedGraphExec graph_;
  int runs_;
  OwnedEvent start_ = make_event(), end_ = make_event();
};

}  // namespace

std::unique_ptr<gpu::Timed> CudaQueue::timed(const std::function<void()>& work, int runs) {
  const DeviceGuard guard(device_);
  OwnedGraphExec graph = captured([&] {
    for (int i = 0; i < runs; ++i) work();
  });
  return std::make_unique<TimedGraph>(device_, stream(), std::move(graph), runs);
}

void CudaQueue::require_usable() {
  const DeviceGuard guard(device_);
  // What is over is reported once; an error that stays is reported by every call from then on.
  (void)cudaStreamSynchronize(stream());
  (void)cudaGetLastError();
  const cudaError_t status = cudaStreamSynchronize(stream());
  if (status != cudaSuccess) fail_internal("the GPU is past use: {}", cudaGetErrorString(status));
}

}  // namespace banoff::cuda
