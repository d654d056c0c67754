#include <algorithm>
#include <iterator>
#include <optional>

#include "kernels/cuda/convolver.hpp"
#include "kernels/cuda/cuda.hpp"
#include "kernels/cuda/multiplier.hpp"
#include "kernels/cuda/queue.hpp"

namespace banoff::cuda {

namespace {

/// How many devices there are, or why there is none.
std::optional<std::string> missing_device(int& count) {
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) return "no NVIDIA driver";
  const cudaError_t status = cudaGetDeviceCount(&count);
  (void)cudaGetLastError();
  if (status == cudaErrorInsufficientDriver) {
    return fmt::format("the NVIDIA driver is for CUDA {}.{}, banoff needs one for {}.{}", driver / 1000,
                       driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
  }
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) return "no NVIDIA GPU";
  if (status != cudaSuccess) return fmt::format("CUDA does not start: {}", cudaGetErrorString(status));
  return std::nullopt;
}

cudaDeviceProp properties(int device) {
  cudaDeviceProp result{};
  BANOFF_CUDA_CHECK(cudaGetDeviceProperties, &result, device);
  return result;
}

class CudaBackend final : public gpu::Backend {
 public:
  explicit CudaBackend(int device)
      : device_(device), properties_(properties(device)), handles_(std::make_shared<HandlePool>(device)) {}

  [[nodiscard]] std::string name() const override {
    return fmt::format("{}, cuDNN {}, {}", static_cast<const char*>(properties_.name), cudnn().version(),
                       cublaslt_version());
  }
  [[nodiscard]] gpu::Memory allocate(std::size_t bytes) const override {
    const DeviceGuard guard(device_);
    void* memory = nullptr;
    BANOFF_CUDA_CHECK(cudaMalloc, &memory, bytes);
    return {static_cast<std::byte*>(memory), [](std::byte* p) { (void)cudaFree(p); }};
  }
  [[nodiscard]] gpu::Memory allocate_host(std::size_t bytes) const override {
    const DeviceGuard guard(device_);
    void* memory = nullptr;
    BANOFF_CUDA_CHECK(cudaHostAlloc, &memory, bytes, cudaHostAllocPortable);
    return {static_cast<std::byte*>(memory), [](std::byte* p) { (void)cudaFreeHost(p); }};
  }
  [[nodiscard]] std::unique_ptr<gpu::Queue> make_queue() const override { return std::make_unique<CudaQueue>(device_); }
  [[nodiscard]] std::vector<gpu::WaySource<gpu::ConvArgs>> ways(const gpu::ConvProblem& problem,
                                                                std::size_t workspace) const override {
    auto ways = graph_ways(problem, workspace, handles_);
    std::ranges::move(call_ways(problem, workspace, handles_), std::back_inserter(ways));
    return ways;
  }
  [[nodiscard]] std::unique_ptr<gpu::Convolver> rebuild(const gpu::ConvProblem& problem, std::size_t workspace,
                                                        const std::string& name,
                                                        const std::string& plan) const override {
    return plan.empty() ? call_convolver(problem, workspace, handles_, name)
                        : plan_convolver(problem, workspace, handles_, plan);
  }
  [[nodiscard]] std::vector<gpu::WaySource<gpu::ProductArgs>> ways(const gpu::ProductProblem& problem,
                                                                   std::size_t workspace) const override {
    return product_ways(problem, workspace);
  }
  [[nodiscard]] std::unique_ptr<gpu::Multiplier> rebuild(const gpu::ProductProblem& problem, std::size_t workspace,
                                                         const std::string&, const std::string& plan) const override {
    return plan.empty() ? nullptr : plan_multiplier(problem, workspace, plan);
  }
  [[nodiscard]] bool has(DType type) const override {
    constexpr int ampere = 8;
    return type != DType::bf16 || properties_.major >= ampere;
  }

 private:
  int device_;
  cudaDeviceProp properties_;
  std::shared_ptr<HandlePool> handles_;
};

}  // namespace

Availability availability() {
  int count = 0;
  if (const auto missing = missing_device(count)) return {false, *missing, 0};
  try {
    return {true, CudaBackend(0).name(), count};
  } catch (const Error& error) {
    return {false, error.what(), 0};
  }
}

std::shared_ptr<const gpu::Backend> backend(int index) {
  int count = 0;
  if (const auto missing = missing_device(count)) fail(ErrorKind::refused, "no GPU can be used: {}", *missing);
  (void)cudnn();
  return std::make_shared<CudaBackend>(index);
}

}  // namespace banoff::cuda
