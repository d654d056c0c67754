// Global pooling.
#include <algorithm>

#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/layout.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/reductions.hpp"

namespace banoff::cpu {

namespace {

/// Lanes one task takes: a cache line's worth at least, so that tasks do not share lines.
constexpr std::int64_t lane_chunk = 64;

void run_lanes(bool max, const Blocks& in, const float* x, float* y) {
  const std::int64_t chunks = divide_up(in.lanes, lane_chunk);
  parallel_for(in.n * in.blocks * chunks, in.spatial * std::min(in.lanes, lane_chunk), [&](std::int64_t task) {
    const std::int64_t plane = task / chunks;
    const std::int64_t lane = task % chunks * lane_chunk;
    const std::int64_t lanes = std::min(lane_chunk, in.lanes - lane);
    const float* from = x + plane * in.spatial * in.lanes + lane;
    float* to = y + plane * in.lanes + lane;
    loops::reduce_rows(max, from, in.spatial, in.lanes, lanes, to);
  });
}

void run_planes(bool max, const Blocks& in, const float* x, float* y) {
  parallel_for(in.n * in.blocks, in.spatial, [&](std::int64_t plane) {
    const float* from = x + plane * in.spatial;
    y[plane] = max ? loops::maximum(from, in.spatial) : loops::sum(from, in.spatial) / static_cast<float>(in.spatial);
  });
}

Offer offer_of(bool max, const Blocks& in, int threads) {
  LoopKernelTraits traits{max ? "global_max_pool" : "global_avg_pool"};
  // Many lanes read whole cache lines of neighbouring channels; few wait for one running sum.
  const double us = pass_us(4.0 * static_cast<double>(in.elements()) * (in.lanes > 16 ? 1.0 : 1.6), threads);
  return ready_offer(std::move(traits), us, [=](const KernelArgs& args) {
    if (in.lanes == 1) run_planes(max, in, input(args, 0), output(args, 0));
    else run_lanes(max, in, input(args, 0), output(args, 0));
  });
}

/// Whether the node is a mean over all spatial dimensions, or a global pooling.
bool is_global(const Node& pooling, std::size_t rank) {
  const auto* mean = mean_of(pooling);
  if (mean == nullptr) return pooling.as<GlobalPool>() != nullptr;
  std::vector<std::size_t> axes;
  for (const std::int64_t axis : mean->axes) axes.push_back(resolve_axis(axis, rank));
  std::ranges::sort(axes);
  return rank > 2 && axes.size() == rank - 2 && axes.front() == 2;
}

/// A mean over the last axes of a plain value.
Offer trailing_mean(const Region& region, const Node& only, const Reduce& op, int threads) {
  const Shape& shape = region.type(only.inputs[0]).shape;
  std::size_t first = shape.rank();
  for (const std::int64_t axis : op.axes) first = std::min(first, resolve_axis(axis, shape.rank()));
  if (first + op.axes.size() != shape.rank()) throw Refused{"a mean over axes that are not the last"};
  if (region.input_layouts[0] != Layout::plain || region.output_layouts[0] != Layout::plain)
    throw Refused{"a mean in a layout other than plain"};
  const std::int64_t rows = shape.elements(0, first);
  return offer_of(false, {1, rows, shape.elements(first, shape.rank()), 1, rows}, threads);
}

}  // namespace

static Offer offer_global_pool(const Region& region, int threads) {
  require_float_chain(region);
  const Node& first = region.node(0);
  const Shape& shape = region.type(first.inputs[0]).shape;
  if (shape.elements() == 0) throw Refused{"nothing to pool"};
  const auto* mean = mean_of(first);
  if (!is_global(first, shape.rank())) {
    if (mean == nullptr || region.nodes.size() != 1) throw Refused{"not a global pooling"};
    return trailing_mean(region, first, *mean, threads);
  }
  for (std::size_t i = 1; i < region.nodes.size(); ++i) {
    if (region.node(i).as<Flatten>() == nullptr) throw Refused{"no flatten behind the global pooling"};
  }
  // Pooled values are vectors of channels: only the padding of blocks tells the layouts apart.
  const Layout layout = region.input_layouts[0];
  const Shape& result = region.type(region.outputs[0]).shape;
  const Blocks in = blocks_of(shape, layout);
  if (elements_of(result, region.output_layouts[0]) != in.n * in.padded_channels())
    throw Refused{"the pooled channels would need other padding"};
  return offer_of(first.as<GlobalPool>() != nullptr && first.as<GlobalPool>()->kind == PoolKind::max, in, threads);
}

Family global_pooling() { return family<GlobalPool, Reduce>(offer_global_pool); }

}  // namespace banoff::cpu
