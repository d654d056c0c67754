// A chain of elementwise steps over one value, as the parser makes it and the kernel runs it.
#pragma once

#include <limits>
#include <variant>

#include "kernels/cpu/loops.hpp"
#include "kernels/layout.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

inline constexpr loops::Range no_clamp{-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()};

/// Per-channel values, padded with zeros to whole blocks.
struct ScaleStep {
  std::vector<float> scale, shift;
};
/// A bound that is not there is empty.
struct BoundStep {
  std::vector<float> lower, upper;
};
struct KinkStep {
  Kinks kinks;
};
/// Combination with region input `input`, whose element for (n, block, row, lane) lies at the sum of index * stride.
struct CombineStep {
  loops::Combine op = loops::Combine::add;
  std::size_t input = 0;
  std::int64_t n_stride = 0, block_stride = 0, row_stride = 0, lane_stride = 0;
  bool full = false;  ///< same shape and layout as the result
};
struct PointwiseStep {
  std::variant<ScaleStep, BoundStep, KinkStep, CombineStep, Activation> what;
  loops::Range clamp = no_clamp;  ///< a relu or clip behind a scale or combine step, done in the same pass
};

struct PointwiseChain {
  Blocks view;             ///< what the steps loop over
  Blocks stored;           ///< how the values lie in memory; differs from `view` when the steps need no channels
  std::size_t source = 0;  ///< the region input that the chain starts from
  std::vector<PointwiseStep> steps;
};

[[nodiscard]] PointwiseChain parse_pointwise(const Region& region);

/// Nodes 1, 2, … of a region, as a pass over what node 0 made: `bias`, by channel, is added first unless it is empty.
/// The chain's `source` means nothing. Both throw Refused for what is no such chain.
[[nodiscard]] PointwiseChain parse_pass_behind(const Region& region, std::vector<float> bias);

/// Runs the chain from `x`, which lies as the result does, to `y`; they may be the same memory.
void run_pointwise(const PointwiseChain& chain, const KernelArgs& args, const float* x, float* y);

/// Expected time of a chain that reads `x` and writes `y`, in microseconds.
[[nodiscard]] double pointwise_us(const PointwiseChain& chain, int threads);

}  // namespace banoff::cpu
