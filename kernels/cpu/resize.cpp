#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/layout.hpp"
#include "kernels/resample.hpp"
#include "runtime/graph/resampling.hpp"

namespace banoff::cpu {

namespace {

struct LinearPlan {
  Blocks in, out;
  std::int64_t in_width = 1, out_width = 1, out_height = 1;
  LinearIndices rows, columns;
};

void run_linear(const LinearPlan& p, const float* x, float* y) {
  const std::int64_t row_elements = p.out_width * p.out.lanes;
  parallel_for(p.out.n * p.out.blocks * p.out_height, 4 * row_elements, [&](std::int64_t task) {
    const auto h = static_cast<std::size_t>(task % p.out_height);
    const float* plane = x + task / p.out_height * p.in.spatial * p.in.lanes;
    const std::int64_t width = p.in_width * p.in.lanes;
    loops::interpolate_row(plane + p.rows.low[h] * width, plane + p.rows.high[h] * width, p.rows.t[h],
                           p.columns.low.data(), p.columns.high.data(), p.columns.t.data(), p.out_width, p.out.lanes,
                           y + task * row_elements);
  });
}

}  // namespace

static Offer offer_resize(const Region& region, int threads) {
  const Node& only = region.node(0);
  const auto& op = std::get<Resize>(only.op);
  if (op.mode == ResizeMode::nearest) return offer_movement(region, threads);
  require_float_chain(region);
  if (region.nodes.size() != 1 || region.input_layouts[0] != region.output_layouts[0])
    throw Refused{"not a single resize in one layout"};
  const Shape& in = region.type(only.inputs[0]).shape;
  const Shape& out = region.type(only.outputs[0]).shape;
  if (in.rank() > 4) throw Refused{"linear resize of volumes"};
  LinearPlan plan{blocks_of(in, region.input_layouts[0]),
                  blocks_of(out, region.input_layouts[0]),
                  in.back(),
                  out.back(),
                  1,
                  {{0}, {0}, {0.0F}},
                  {}};
  const std::size_t spatial = in.rank() - 3;  // of the columns
  plan.columns = linear_indices(op, spatial, in.back(), out.back());
  if (in.rank() == 4) plan.out_height = out[2], plan.rows = linear_indices(op, 0, in[2], out[2]);
  LoopKernelTraits traits{"linear_resize"};
  const auto lanes = static_cast<double>(plan.out.lanes);
  const bool blocked = plan.out.blocks > 1 && plan.out.lanes > 1;
  // Whole blocks are compiled for; others share the indices of a pixel among its channels.
  const double ns = plan.out.lanes == 1 ? 1.0 : blocked ? 0.15 : 0.1 + 3.2 / lanes;
  const auto elements = static_cast<double>(plan.out.elements());
  const double us = pass_us(4.0 * elements, threads) + 1e-3 * ns * elements / threads;
  return ready_offer(std::move(traits), us, [plan = std::move(plan)](const KernelArgs& args) {
    run_linear(plan, input(args, 0), output(args, 0));
  });
}

Family resizing() { return family<Resize>(offer_resize); }

}  // namespace banoff::cpu
