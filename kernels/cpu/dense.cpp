// Dense layers of a few rows: reading the weights is what takes time.
#include <algorithm>

#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/product_panels.hpp"
#include "kernels/cpu/tail.hpp"

namespace banoff::cpu {

namespace {

/// From here on every row more reads the weights again, from the caches at best: a matrix product is better.
constexpr std::int64_t most_rows = 4;

struct DensePlan {
  std::size_t source;  ///< region input
  std::int64_t rows, in, out;
  PackedFloats weights;
  AlignedFloats bias;
  TailPlan tail;
  simd::ProductKernel kernel;
};

AlignedFloats panels(std::span<const float> values, std::int64_t in, std::int64_t out) {
  AlignedFloats packed(static_cast<std::size_t>(panel_floats(in, out)));
  pack_panels(values, in, out, packed.data());
  return packed;
}

DensePlan plan_dense(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const Shape& x = region.type(node.inputs[0]).shape;
  const std::int64_t in = x.back();
  const std::int64_t out = node.as<Dense>()->out;
  auto weights = machine.packed(region, "dense", [&](auto values) { return panels(values, in, out); });
  auto bias = floats(region, node, Slot::bias);
  bias.resize(static_cast<std::size_t>(product_panels(out) * simd::product_panel), 0.0F);
  return {
      input_of(region, node.inputs[0]), x.elements(0, x.rank() - 1),      in, out, std::move(weights), by_channel(bias),
      TailPlan(region, x.rank() - 1),   simd::product_kernel(machine.isa)};
}

void run_dense(const DensePlan& plan, const KernelArgs& args) {
  TailPlan::Steps steps;
  const simd::Tail tail = plan.tail.bind(args, steps);
  const std::int64_t panel_elements = plan.in * simd::product_panel;
  parallel_for(product_panels(plan.out), panel_elements, [&](std::int64_t panel) {
    plan.kernel({input(args, plan.source), plan.weights->data() + panel * panel_elements, plan.bias.data(),
                 output(args, 0), plan.rows, plan.in, plan.out, panel, tail});
  });
}

}  // namespace

Offer dense(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const Shape& x = region.type(node.inputs[0]).shape;
  const std::int64_t rows = x.elements(0, x.rank() - 1);
  if (rows > most_rows) throw Refused{"more rows than pay for reading the weights again"};
  if (region.input_layouts[input_of(region, node.inputs[0])] != Layout::plain ||
      region.output_layouts[0] != Layout::plain)
    throw Refused{"dense in a layout other than plain"};
  static_cast<void>(TailOutline(region, x.rank() - 1));
  LoopKernelTraits traits{"product"};
  const auto weights = static_cast<double>(panel_floats(x.back(), node.as<Dense>()->out));
  traits.weight_bytes = static_cast<std::size_t>(4 * weights);
  // Of the library's time (onednn/cost.cpp) 0.75 with one row, 0.9 with four.
  const double read = 4 * static_cast<double>(node.as<Dense>()->out * x.back());
  const double us = (0.7 + 0.05 * static_cast<double>(rows)) * pass_us(read, machine.threads);
  return planned_offer(
      std::move(traits), us, [&machine, region] { return plan_dense(machine, region); }, run_dense);
}

}  // namespace banoff::cpu
