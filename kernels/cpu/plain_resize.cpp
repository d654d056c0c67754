// Linear resizing of plain pictures, where every vector of a row of the output reads no more of the input than fills a
// vector: enlarging.
#include <algorithm>

#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/simd/resize.hpp"
#include "kernels/resample.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/resampling.hpp"

namespace banoff::cpu {

namespace {

struct PlainResize {
  std::int64_t planes = 1, in_height = 1, in_width = 1, out_height = 1, out_width = 1;
  LinearIndices rows{{0}, {0}, {0.0F}};
  std::vector<std::int32_t> first = {}, left = {}, right = {};  ///< as simd::LinearRow has them
  std::vector<float> beside = {};
  simd::LinearRowKernel kernel = nullptr;
};

PlainResize plan_resize(const Resize& op, const Shape& in, const Shape& out, Isa isa) {
  const std::size_t spatial = in.rank() - 2;
  PlainResize plan{in[0] * in[1], 1, in.back(), 1, out.back()};
  plan.kernel = simd::linear_row_kernel(isa);
  if (spatial == 2) {
    plan.in_height = in[2];
    plan.out_height = out[2];
    plan.rows = linear_indices(op, 0, in[2], out[2]);
  }
  const LinearIndices columns = linear_indices(op, spatial - 1, plan.in_width, plan.out_width);
  const std::int64_t lanes = lanes_of(isa);
  const auto padded = static_cast<std::size_t>(round_up(plan.out_width, lanes));
  plan.beside = columns.t;
  plan.beside.resize(padded);
  plan.left.resize(padded);
  plan.right.resize(padded);
  for (std::int64_t at = 0; at < plan.out_width; at += lanes) {
    const auto begin = static_cast<std::size_t>(at);
    const auto end = static_cast<std::size_t>(std::min(at + lanes, plan.out_width));
    const auto least = std::min(*std::min_element(&columns.low[begin], &columns.low[0] + end),
                                *std::min_element(&columns.high[begin], &columns.high[0] + end));
    const std::int64_t first = std::min(least, std::max<std::int64_t>(plan.in_width - lanes, 0));
    plan.first.push_back(static_cast<std::int32_t>(first));
    for (std::size_t i = begin; i < end; ++i) {
      plan.left[i] = static_cast<std::int32_t>(columns.low[i] - first);
      plan.right[i] = static_cast<std::int32_t>(columns.high[i] - first);
      if (std::max(plan.left[i], plan.right[i]) >= lanes) throw Refused{"a resize that does not enlarge"};
    }
  }
  return plan;
}

void run_resize(const PlainResize& plan, const float* x, float* y) {
  parallel_for(plan.planes * plan.out_height, 2 * plan.out_width, [&](std::int64_t task) {
    const auto h = static_cast<std::size_t>(task % plan.out_height);
    const float* plane = x + task / plan.out_height * plan.in_height * plan.in_width;
    plan.kernel({.top = plane + plan.rows.low[h] * plan.in_width,
                 .bottom = plane + plan.rows.high[h] * plan.in_width,
                 .below = plan.rows.t[h],
                 .in_width = plan.in_width,
                 .out_width = plan.out_width,
                 .first = plan.first.data(),
                 .left = plan.left.data(),
                 .right = plan.right.data(),
                 .beside = plan.beside.data(),
                 .y = y + task * plan.out_width});
  });
}

}  // namespace

Offer plain_resize(const Machine& machine, const Region& region) {
  const auto& op = *region.node(0).as<Resize>();
  if (op.mode != ResizeMode::linear) throw Refused{"a resize other than linear"};
  require_float_chain(region);
  if (region.nodes.size() != 1) throw Refused{"not a single resize"};
  const std::size_t source = input_of(region, region.node(0).inputs[0]);
  if (region.input_layouts[source] != Layout::plain || region.output_layouts[0] != Layout::plain)
    throw Refused{"an own resize in another layout than plain"};
  const Shape& in = region.type(region.node(0).inputs[0]).shape;
  const Shape& out = region.type(region.node(0).outputs[0]).shape;
  if (in.rank() != 3 && in.rank() != 4) throw Refused{"an own resize of something other than pictures"};
  const auto elements = static_cast<double>(out.elements());
  // Twice what blocks take (resize.cpp).
  const double us = pass_us(4 * elements, machine.threads) + 0.3e-3 * elements / machine.threads;
  return ready_offer({"plain_resize"}, us,
                     [source, plan = plan_resize(op, in, out, machine.isa)](const KernelArgs& args) {
                       run_resize(plan, input(args, source), output(args, 0));
                     });
}

}  // namespace banoff::cpu
