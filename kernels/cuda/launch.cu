// The threads around the functions of jobs.
#include "kernels/cuda/check.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/team.cuh"

namespace banoff::cuda {

namespace {

constexpr int threads = 256;

template <class T, class J>
__global__ void __launch_bounds__(threads) run_elements(const J job, int items) {
  const int i = static_cast<int>(blockIdx.x * threads + threadIdx.x);
  if (i < items) job.template operator()<T>(i);
}

/// Threads (x, y) of a block: result x, part y. Every result's parts are joined in shared memory, halves onto halves.
template <class T, class J>
__global__ void __launch_bounds__(threads) run_reduction(const J job) {
  using Partial = typename J::Partial;
  __shared__ Partial parts[threads];
  const int output = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int part = static_cast<int>(threadIdx.y);
  const int height = static_cast<int>(blockDim.y);
  const bool used = output < job.shares.outputs;
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
__global__ void __launch_bounds__(team_threads) run_team(const J job) {
  __shared__ int shared[team_threads];
  BlockTeam team{shared};
  job(team, static_cast<int>(blockIdx.x));
}

unsigned blocks(int items, int each) {
  return static_cast<unsigned>((static_cast<std::int64_t>(items) + each - 1) / each);
}

template <class T, class J>
void start(const J& job, cudaStream_t stream) {
  if constexpr (gpu::ElementJob<J>) {
    const int items = job.template items<T>();
    if (items > 0) run_elements<T><<<blocks(items, threads), threads, 0, stream>>>(job, items);
  } else if constexpr (gpu::ReduceJob<J>) {
    const gpu::Shares& s = job.shares;
    const dim3 shape(static_cast<unsigned>(s.width), static_cast<unsigned>(s.height));
    if (s.outputs > 0) run_reduction<T><<<blocks(s.outputs, s.width), shape, 0, stream>>>(job);
  } else {
    if (job.teams() > 0) run_team<<<static_cast<unsigned>(job.teams()), team_threads, 0, stream>>>(job);
  }
}

/// Jobs that do not depend on the element type are compiled once.
template <class J>
constexpr bool one_type =
    gpu::TeamJob<J> || std::is_same_v<J, gpu::Move> || std::is_same_v<J, gpu::Convert> ||
    std::is_same_v<J, gpu::DecodeRows> || std::is_same_v<J, gpu::AlignBoxes> || std::is_same_v<J, gpu::PickRows> ||
    std::is_same_v<J, gpu::CountRows> || std::is_same_v<J, gpu::CollectCandidates> ||
    std::is_same_v<J, gpu::Function> || std::is_same_v<J, gpu::Take>;

}  // namespace

void launch(const gpu::Job& any, cudaStream_t stream) {
  std::visit(
      [stream](const auto& job) {
        using J = std::decay_t<decltype(job)>;
        if constexpr (one_type<J>) {
          start<float>(job, stream);
        } else {
          gpu::with_storage(job.type, [&](auto element) { start<decltype(element)>(job, stream); });
        }
      },
      any);
  check(cudaGetLastError(), "kernel launch");
}

}  // namespace banoff::cuda
