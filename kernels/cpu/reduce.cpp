// Global pooling.
#include <algorithm>

#include "kernels/cpu/blocks.hpp"
#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/parallel.hpp"

namespace banoff::cpu {

namespace {

/// Lanes one task takes: a cache line's worth at least, so that tasks do not share lines.
constexpr std::int64_t lane_chunk = 64;

void run_lanes(bool max, const Blocks& in, const float* x, float* y) {
  const std::int64_t chunks = (in.lanes + lane_chunk - 1) / lane_chunk;
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

}  // namespace

std::unique_ptr<Kernel> global_pool(const Region& region, int threads) {
  require_float_chain(region);
  const Node& first = node(region, 0);
  const auto* op = first.as<GlobalPool>();
  if (op == nullptr || region.nodes.size() > 2) throw Refused{"not a global pooling"};
  if (region.nodes.size() == 2 && (node(region, 1).as<Flatten>() == nullptr || node(region, 1).as<Flatten>()->axis != 1)) throw Refused{"no flatten behind the global pooling"};
  const Layout layout = region.input_layouts[0];
  const Shape& shape = region.type(first.inputs[0]).shape;
  const Shape& pooled = region.type(first.outputs[0]).shape;
  // Pooled values are a vector of channels: only padding tells the layouts apart.
  if (!same_bytes(pooled, layout, region.output_layouts[0])) throw Refused{"the pooled channels would need other padding"};
  if (shape.elements(2, shape.rank()) < 1) throw Refused{"nothing to pool"};
  const Blocks in = blocks_of(shape, layout);
  const bool max = op->kind == PoolKind::max;
  LoopKernelTraits traits{max ? "global_max_pool" : "global_avg_pool"};
  // Channels-last reads whole cache lines of neighbouring channels; the others wait for one running sum.
  traits.cost_us = pass_us(4.0 * static_cast<double>(in.elements()) * (layout == Layout::channels_last ? 1.0 : 1.6), threads);
  return std::make_unique<LoopKernel>(std::move(traits), [=](const KernelArgs& args) {
    if (in.lanes == 1) run_planes(max, in, input(args, 0), output(args, 0));
    else run_lanes(max, in, input(args, 0), output(args, 0));
  });
}

}  // namespace banoff::cpu
