// Everything an own kernel can be asked to do. A job is plain data: what it computes for one element is compiled both
// for the GPU and, in tests, for the host.
#pragma once

#include <variant>

#include "kernels/gpu/jobs/boxes.hpp"
#include "kernels/gpu/jobs/depthwise.hpp"
#include "kernels/gpu/jobs/elementwise.hpp"
#include "kernels/gpu/jobs/interleave.hpp"
#include "kernels/gpu/jobs/lanes.hpp"
#include "kernels/gpu/jobs/move.hpp"
#include "kernels/gpu/jobs/reduce.hpp"
#include "kernels/gpu/jobs/suppress.hpp"
#include "kernels/gpu/jobs/values.hpp"
#include "kernels/gpu/jobs/windowed.hpp"

namespace banoff::gpu {

using Job =
    std::variant<Pointwise, LocalResponse, Convert, Regrid, Move, Interleave, Slices, PoolWindows, ResizeLinear,
                 DirectConv, Summary, LaneSummary, FindBest, SoftmaxRows, Normalise, Dot, DecodeRows, AlignBoxes,
                 PickRows, CountRows, FindCutoffs, CollectCandidates, SortBest, MarkOverlaps, KeepBest, Function, Take,
                 Depthwise<3, 1, 1>, Depthwise<3, 1, 4>, Depthwise<3, 2, 1>, Depthwise<3, 2, 2>, Depthwise<5, 1, 1>,
                 Depthwise<5, 1, 4>, Depthwise<5, 2, 1>, Depthwise<5, 2, 2>>;

/// One thread for each of items<T>() elements.
template <class J>
concept ElementJob = requires(const J& job) {
  job.template items<float>();
};
/// Shares of threads for each result.
template <class J>
concept ReduceJob = requires(const J& job) {
  job.shares;
};
/// What the parts of a result are while they are joined.
template <class J, class T>
struct PartialOf {
  using type = typename J::Partial;
};
template <class J, class T>
requires requires { typename J::template PartialOf<T>; }
struct PartialOf<J, T> {
  using type = typename J::template PartialOf<T>;
};
/// Teams of threads that work together.
template <class J>
concept TeamJob = requires(const J& job) {
  job.teams();
};

/// Calls f(T{}) with the type that stores floats of `type`.
template <class F>
void with_storage(DType type, F&& f) {
  if (type == DType::f16) f(f16{});
  else if (type == DType::bf16) f(bf16{});
  else f(float{});
}

}  // namespace banoff::gpu
