#include "kernels/cuda/queue.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include "kernels/cuda/launch.hpp"

namespace banoff::cuda {

namespace {

cudaStream_t make_stream() {
  cudaStream_t stream = nullptr;
  BANOFF_CUDA_CHECK(cudaStreamCreateWithFlags, &stream, cudaStreamNonBlocking);
  return stream;
}

OwnedEvent make_event() {
  cudaEvent_t event = nullptr;
  BANOFF_CUDA_CHECK(cudaEventCreate, &event);
  return {event, &cudaEventDestroy};
}

}  // namespace

// BANOFF_NO_OVERLAP shows what it costs to start every kernel when the one before has ended.
CudaQueue::CudaQueue()
    : stream_(make_stream(), &cudaStreamDestroy),
      programmatic_(launches_programmatically() && std::getenv("BANOFF_NO_OVERLAP") == nullptr) {}

cudnnHandle_t CudaQueue::handle() {
  if (!handle_) {
    cudnnHandle_t handle = nullptr;
    BANOFF_CUDNN_CHECK(cudnnCreate, &handle);
    handle_.emplace(handle, cudnn().cudnnDestroy);
    BANOFF_CUDNN_CHECK(cudnnSetStream, handle, stream());
  }
  return handle_->get();
}

CudaQueue& asking_queue() {
  thread_local CudaQueue queue;
  return queue;
}

void CudaQueue::launch(const gpu::Job& job) { cuda::launch(job, stream(), programmatic_); }

void CudaQueue::copy(std::byte* to, const std::byte* from, std::size_t bytes) {
  BANOFF_CUDA_CHECK(cudaMemcpyAsync, to, from, bytes, cudaMemcpyDefault, stream());
}

void CudaQueue::fill_zero(std::byte* memory, std::size_t bytes) {
  if (bytes > 0) BANOFF_CUDA_CHECK(cudaMemsetAsync, memory, 0, bytes, stream());
}

void CudaQueue::wait() { BANOFF_CUDA_CHECK(cudaStreamSynchronize, stream()); }

OwnedGraphExec CudaQueue::captured(const std::function<void()>& work) {
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

void CudaQueue::record(const std::function<void()>& work) { recorded_ = captured(work); }

void CudaQueue::replay() {
  if (!recorded_) fail_internal("nothing was recorded");
  BANOFF_CUDA_CHECK(cudaGraphLaunch, recorded_->get(), stream());
}

double CudaQueue::time_us(const std::function<void()>& work) {
  constexpr int runs = 10;
  constexpr std::size_t samples = 5;
  try {
    work();  // libraries load their code now, not in the capture
    wait();
    const OwnedGraphExec many = captured([&] {
      for (int i = 0; i < runs; ++i) work();
    });
    const OwnedEvent start = make_event(), end = make_event();
    std::array<float, samples> ms{};
    for (float& sample : ms) {
      BANOFF_CUDA_CHECK(cudaEventRecord, start.get(), stream());
      BANOFF_CUDA_CHECK(cudaGraphLaunch, many.get(), stream());
      BANOFF_CUDA_CHECK(cudaEventRecord, end.get(), stream());
      wait();
      BANOFF_CUDA_CHECK(cudaEventElapsedTime, &sample, start.get(), end.get());
    }
    std::ranges::sort(ms);
    return static_cast<double>(ms[samples / 2]) * 1e3 / runs;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::refused) throw;
    return std::numeric_limits<double>::infinity();
  }
}

}  // namespace banoff::cuda
