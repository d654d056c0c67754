// The threads around the functions of jobs.
#include "kernels/cuda/check.hpp"
#include "kernels/cuda/device_guard.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/team.cuh"

namespace banoff::cuda {

namespace {

constexpr int reduction_threads = 256;

/// Threads of a block, and how many blocks share a multiprocessor at least: what the job says, where it does.
template <class J>
struct Blocks {
  static constexpr int threads = 256, resident = 1;
};
template <class J>
requires requires { J::resident; }
struct Blocks<J> {
  static constexpr int threads = J::threads, resident = J::resident;
};

/// Lets the kernel behind this one start while this one runs, and waits for all that is before it: nothing of the
/// network's values may be read or written before. Without the launch attribute both do nothing.
__device__ void begin() {
#if __CUDA_ARCH__ >= 900
  cudaTriggerProgrammaticLaunchCompletion();
  cudaGridDependencySynchronize();
#endif
}

template <class T, class J>
__global__ void __launch_bounds__(Blocks<J>::threads, Blocks<J>::resident)
    run_elements(const __grid_constant__ J job, int items) {
  begin();
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (is_item(i, items)) job.template operator()<T>(static_cast<int>(i));
}

/// Threads (x, y) of a block: result x, part y. Every result's parts are joined in shared memory, halves onto halves.
template <class T, class J>
__global__ void __launch_bounds__(reduction_threads) run_reduction(const __grid_constant__ J job) {
  using Partial = typename gpu::PartialOf<J, T>::type;
  __shared__ Partial parts[reduction_threads];
  begin();
  const unsigned index = blockIdx.x * blockDim.x + threadIdx.x;
  const int output = static_cast<int>(index);
  const int part = static_cast<int>(threadIdx.y);
  const int height = static_cast<int>(blockDim.y);
  const bool used = is_item(index, job.shares.outputs);
  Partial* const mine = parts + threadIdx.y * blockDim.x + threadIdx.x;
  if (used) *mine = job.template part<T>(output, part, height);
  for (int half = height / 2; half > 0; half /= 2) {
    __syncthreads();
    if (used && part < half) *mine = job.join(*mine, mine[half * static_cast<int>(blockDim.x)]);
  }
  __syncthreads();
  if (used) job.template finish<T>(output, part, height, parts[threadIdx.x]);
}

template <class J>
__global__ void __launch_bounds__(team_threads) run_team(const __grid_constant__ J job) {
  __shared__ __align__(16) int shared[team_threads + gpu::team_space];
  begin();
  BlockTeam team{shared};
  job(team, static_cast<int>(blockIdx.x));
}

/// Asked which architecture this file's kernels were compiled for.
__global__ void probe() {}

/// Starts kernels on a stream, one behind the other or, where it is `programmatic`, while the one before ends.
struct Launcher {
  cudaStream_t stream;
  bool programmatic;

  template <class... Parameters, class... Arguments>
  void operator()(void (*kernel)(Parameters...), unsigned blocks, dim3 threads, const Arguments&... arguments) const {
    cudaLaunchAttribute attribute{};
    attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attribute.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(blocks);
    config.blockDim = threads;
    config.stream = stream;
    config.attrs = &attribute;
    config.numAttrs = programmatic ? 1 : 0;
    check(cudaLaunchKernelEx(&config, kernel, arguments...), "kernel launch");
  }
};

template <class T, class J>
void start(const J& job, const Launcher& launcher) {
  if constexpr (gpu::ElementJob<J>) {
    const int items = job.template items<T>();
    if (items == 0) return;
    const int threads = threads_of(items, Blocks<J>::threads);
    launcher(run_elements<T, J>, blocks_of(items, threads), dim3(static_cast<unsigned>(threads)), job, items);
  } else if constexpr (gpu::ReduceJob<J>) {
    const gpu::Shares& s = job.shares;
    const dim3 shape(static_cast<unsigned>(s.width), static_cast<unsigned>(s.height));
    if (s.outputs > 0) launcher(run_reduction<T, J>, blocks_of(s.outputs, s.width), shape, job);
  } else {
    if (job.teams() > 0) launcher(run_team<J>, static_cast<unsigned>(job.teams()), dim3(team_threads), job);
  }
}

/// Jobs that do not depend on the element type are compiled once.
template <class J>
constexpr bool one_type =
    gpu::TeamJob<J> || std::is_same_v<J, gpu::Move> || std::is_same_v<J, gpu::Slices> ||
    std::is_same_v<J, gpu::Convert> || std::is_same_v<J, gpu::Regrid> || std::is_same_v<J, gpu::DecodeRows> ||
    std::is_same_v<J, gpu::AlignBoxes> || std::is_same_v<J, gpu::PickRows> || std::is_same_v<J, gpu::CountRows> ||
    std::is_same_v<J, gpu::CollectCandidates> || std::is_same_v<J, gpu::MarkOverlaps> ||
    std::is_same_v<J, gpu::Function> || std::is_same_v<J, gpu::Take>;

}  // namespace

void launch(const gpu::Job& any, cudaStream_t stream, bool programmatic) {
  const Launcher launcher{stream, programmatic};
  std::visit(
      [&launcher](const auto& job) {
        using J = std::decay_t<decltype(job)>;
        if constexpr (one_type<J>) {
          start<float>(job, launcher);
        } else {
          gpu::with_storage(job.type, [&](auto element) { start<decltype(element)>(job, launcher); });
        }
      },
      any);
}

bool launches_programmatically(int device) {
  constexpr int hopper = 90;
  const DeviceGuard guard(device);
  cudaFuncAttributes attributes{};
  check(cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(probe)), "cudaFuncGetAttributes");
  // The architecture of the code, not of the GPU: code for older ones does not wait for the kernel before it.
  return attributes.ptxVersion >= hopper && attributes.binaryVersion >= hopper;
}

}  // namespace banoff::cuda
