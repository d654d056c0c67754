#include "kernels/cpu/pointwise.hpp"

#include <algorithm>

#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/activations.hpp"

namespace banoff::cpu {

namespace {

/// All steps run on one chunk before the next chunk is touched: the chunk stays in the first-level cache.
constexpr std::int64_t chunk_elements = 4096;

struct Chunk {
  std::int64_t n, block, row, rows;
};

void run_step(const PointwiseStep& step, const Blocks& view, const Chunk& at, const KernelArgs& args, const float* x,
              float* y) {
  const auto of_block = [&](const std::vector<float>& values) {
    return values.empty() ? nullptr : values.data() + at.block * view.lanes;
  };
  if (const auto* scale = std::get_if<ScaleStep>(&step.what)) {
    loops::scale_shift(x, of_block(scale->scale), of_block(scale->shift), y, at.rows, view.lanes, step.clamp);
  } else if (const auto* bound = std::get_if<BoundStep>(&step.what)) {
    loops::bound(x, of_block(bound->lower), of_block(bound->upper), y, at.rows, view.lanes);
  } else if (const auto* bend = std::get_if<KinkStep>(&step.what)) {
    const Kinks& k = bend->kinks;
    loops::kinked(x, of_block(k.kink), of_block(k.below), of_block(k.above), y, at.rows, view.lanes);
  } else if (const auto* combine = std::get_if<CombineStep>(&step.what)) {
    const float* data = input(args, combine->input) + at.n * combine->n_stride + at.block * combine->block_stride +
                        at.row * combine->row_stride;
    loops::combine(combine->op, x, {data, combine->row_stride, combine->lane_stride}, y, at.rows, view.lanes,
                   step.clamp);
  } else {
    loops::activate(std::get<Activation>(step.what), x, y, at.rows * view.lanes);
  }
}

/// ns per element of a step beyond the first: the chunk is read and written once more in the first-level cache.
constexpr double further_step_ns = 0.06;

bool needs_exponential(const PointwiseStep& step) {
  const auto* activation = std::get_if<Activation>(&step.what);
  return activation != nullptr && banoff::needs_exponential(activation->kind);
}

}  // namespace

void run_pointwise(const PointwiseChain& chain, const KernelArgs& args, const float* x, float* y) {
  const Blocks& view = chain.view;
  const std::int64_t rows =
      std::clamp<std::int64_t>(chunk_elements / std::max<std::int64_t>(view.lanes, 1), 1, view.spatial);
  const std::int64_t chunks = divide_up(view.spatial, rows);
  parallel_for(view.n * view.blocks * chunks, rows * view.lanes, [&](std::int64_t task) {
    const std::int64_t plane = task / chunks;
    const std::int64_t row = task % chunks * rows;
    const Chunk at{plane / view.blocks, plane % view.blocks, row, std::min(rows, view.spatial - row)};
    const std::int64_t offset = (plane * view.spatial + row) * view.lanes;
    const float* from = x + offset;
    for (const PointwiseStep& step : chain.steps) {
      run_step(step, view, at, args, from, y + offset);
      from = y + offset;
    }
  });
  clear_padding(chain.stored, y);
}

double pointwise_us(const PointwiseChain& chain, int threads) {
  const auto elements = static_cast<double>(chain.view.elements());
  double passes = 2;
  double ns = further_step_ns * static_cast<double>(std::max<std::size_t>(chain.steps.size(), 1) - 1);
  for (const PointwiseStep& step : chain.steps) {
    if (needs_exponential(step)) ns += exponential_ns;
    const auto* combine = std::get_if<CombineStep>(&step.what);
    if (combine != nullptr && combine->full) passes += 1;
  }
  return 1e-3 * ns * elements / threads + pass_us(4.0 * passes * elements, threads);
}

static Offer offer_pointwise(const Region& region, int threads) {
  const PointwiseChain chain = parse_pointwise(region);
  if (chain.steps.empty()) throw Refused{"nothing to compute"};
  LoopKernelTraits traits{"pointwise"};
  bool source_needed_later = false;
  for (std::size_t i = 0; i < chain.steps.size(); ++i) {
    const auto* combine = std::get_if<CombineStep>(&chain.steps[i].what);
    if (combine == nullptr) continue;
    if (i > 0 && combine->input == chain.source) source_needed_later = true;
    const bool used_again = std::any_of(chain.steps.begin() + static_cast<std::ptrdiff_t>(i) + 1, chain.steps.end(),
                                        [&](const PointwiseStep& later) {
                                          const auto* other = std::get_if<CombineStep>(&later.what);
                                          return other != nullptr && other->input == combine->input;
                                        });
    if (i == 0 && combine->full && !used_again) traits.overwrites.push_back(static_cast<int>(combine->input));
  }
  if (!source_needed_later) traits.overwrites.push_back(static_cast<int>(chain.source));
  return loop_offer(std::move(traits), pointwise_us(chain, threads), [region] {
    return [chain = parse_pointwise(region)](const KernelArgs& args) {
      run_pointwise(chain, args, input(args, chain.source), output(args, 0));
    };
  });
}

Family pointwise() { return family<BatchNorm, Affine, Binary, Activation, PRelu, Clamp, Kinked>(offer_pointwise); }

}  // namespace banoff::cpu
