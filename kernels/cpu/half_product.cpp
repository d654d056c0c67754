// 1x1 convolutions of values stored in 16 bits.
#include <algorithm>

#include "kernels/cpu/halves.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/loops_grid.hpp"
#include "kernels/cpu/panels.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/simd/direct.hpp"
#include "kernels/cpu/simd/half_product.hpp"
#include "kernels/cpu/tail.hpp"
#include "runtime/core/half.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

/// So many bytes of the input are worked on, by all panels of weights, before the next rows: they stay in the
/// second-level cache.
constexpr std::int64_t strip_bytes = 64 * 1024;

struct HalfProductPlan {
  std::int64_t rows, in, out, lanes;
  std::size_t source;  ///< region input
  std::int64_t strip;  ///< rows that a task has
  std::vector<Panel> panels;
  PackedFloats weights;
  AlignedFloats bias;
  TailPlan tail;
  simd::HalfProductKernel kernel;

  [[nodiscard]] std::int64_t pairs() const { return divide_up(in, 2); }
};

/// [out][in] by panel, as simd::HalfPanel says.
AlignedFloats by_panel(std::span<const float> values, std::int64_t in, std::int64_t out, std::int64_t lanes,
                       const std::vector<Panel>& panels) {
  const std::int64_t pairs = divide_up(in, 2);
  AlignedFloats packed(static_cast<std::size_t>(round_up(out, lanes) * pairs));
  auto* to = reinterpret_cast<bf16*>(packed.data());
  for (const Panel& panel : panels) {
    for (std::int64_t pair = 0; pair < pairs; ++pair) {
      for (std::int64_t o = panel.first * lanes; o < (panel.first + panel.vectors) * lanes; ++o) {
        for (std::int64_t i = 2 * pair; i < 2 * pair + 2; ++i, ++to)
          if (o < out && i < in) *to = to_bf16(values[static_cast<std::size_t>(o * in + i)]);
      }
    }
  }
  return packed;
}

HalfProductPlan plan_half_product(const Machine& machine, const Region& region) {
  const ConvPicture picture(region);
  const std::int64_t rows = picture.in.n * picture.in.spatial;
  const std::int64_t in = picture.in.channels, out = picture.out.channels;
  const Isa isa = simd::half_isa(machine.isa);
  const std::int64_t lanes = lanes_of(isa);
  constexpr std::int64_t tile = 14;
  const std::int64_t most = std::max<std::int64_t>(strip_bytes / (2 * in) / tile, 1) * tile;
  const std::int64_t strips = strips_of(rows, most, rows, machine.threads);
  auto panels = panels_of(divide_up(out, lanes));
  auto weights = machine.packed(region, "bf16 product by " + std::to_string(lanes),
                                [&](auto values) { return by_panel(values, in, out, lanes, panels); });
  return {rows,
          in,
          out,
          lanes,
          picture.source,
          std::min(round_up(divide_up(rows, strips), tile), rows),
          std::move(panels),
          std::move(weights),
          by_channel(bias_of(region)),
          TailPlan(region, 1, TailOutline(region, 1, TailOf::halves)),
          simd::half_product_kernel(isa)};
}

void run_half_product(const HalfProductPlan& plan, const KernelArgs& args) {
  TailPlan::Steps steps;
  const simd::Tail tail = plan.tail.bind(args, steps);
  const std::int64_t strips = divide_up(plan.rows, plan.strip);
  const std::int64_t panels = std::ssize(plan.panels);
  const std::int64_t products = plan.strip * plan.in * plan.lanes * simd::widest_direct_panel;
  parallel_for(strips * panels, products / (2 * parallel_products), [&](std::int64_t task) {
    const Panel& panel = plan.panels[static_cast<std::size_t>(task % panels)];
    const std::int64_t first = task / panels * plan.strip;
    const std::int64_t channel = panel.first * plan.lanes;
    const std::int64_t left = plan.out - channel - (panel.vectors - 1) * plan.lanes;
    const auto* weights = reinterpret_cast<const simd::HalfFloat*>(plan.weights->data());
    plan.kernel({.x = reinterpret_cast<const simd::HalfFloat*>(args.inputs[plan.source]) + first * plan.in,
                 .weights = weights + channel * plan.pairs() * 2,
                 .bias = plan.bias.data() + channel,
                 .inner = plan.in,
                 .x_row = plan.in,
                 .y_row = plan.out,
                 .rows = std::min(plan.strip, plan.rows - first),
                 .vectors = panel.vectors,
                 .target = {reinterpret_cast<simd::HalfFloat*>(args.outputs[0]), tail, false},
                 .offset = first * plan.out + channel,
                 .channel = channel,
                 .last_lanes = left < plan.lanes ? left : 0});
  });
}

/// GFLOP/s, in the measure of onednn/cost.cpp, whose kernels of such products come to 170.
double rate(Isa isa, const ConvPicture& picture) {
  if (isa != Isa::avx512) return 55;
  return picture.in.channels < 32 ? 180 : 190;
}

}  // namespace

Offer half_product(const Machine& machine, const Region& region) {
  require_convolution_of_halves(region);
  const ConvPicture picture(region);
  const auto& [in, out, height, width, source] = picture;
  const auto single = [](const Window& w) {
    return w.kernel == 1 && w.stride == 1 && w.pad_begin == 0 && w.pad_end == 0;
  };
  if (!single(height) || !single(width) || out.spatial != in.spatial) throw Refused{"windows of several pixels"};
  if (groups_of(*region.node(0).as<Conv>(), region.type(region.node(0).inputs[0]).shape) != 1)
    throw Refused{"groups in an own product"};
  const TailOutline tail(region, 1, TailOf::halves);
  const Isa isa = simd::half_isa(machine.isa);
  LoopKernelTraits traits{"bf16 product"};
  traits.weight_bytes = static_cast<std::size_t>(4 * round_up(out.channels, lanes_of(isa)) * divide_up(in.channels, 2));
  const double us = half_conv_us(picture, static_cast<double>(in.channels), rate(isa, picture), machine.threads) +
                    tail.us(out.elements(), machine);
  return planned_offer(
      std::move(traits), us, [&machine, region] { return plan_half_product(machine, region); }, run_half_product);
}

}  // namespace banoff::cpu
