// Offering convolutions by Winograd's minimal filtering, and making them.
#include "kernels/cpu/winograd.hpp"

#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/tail.hpp"

namespace banoff::cpu {

namespace {

/// Whether the channels of a pixel lie in vectors: all together, or in blocks of one vector each.
bool has_vectors(const Shape& shape, Layout layout, std::int64_t lanes) {
  return layout == Layout::channels_last || blocks_of(shape, layout).lanes == lanes;
}

/// A convolution node of a region.
struct Winograd {
  const Node& node;
  std::size_t source;  ///< region input
  const Shape &x, &y;
  Layout from, to;

  explicit Winograd(const Region& region)
      : node(region.node(0)),
        source(input_of(region, node.inputs[0])),
        x(region.type(node.inputs[0]).shape),
        y(region.type(node.outputs[0]).shape),
        from(region.input_layouts[source]),
        to(region.output_layouts[0]) {}
};

WinogradShape shape_of(const Winograd& w) {
  const auto& op = *w.node.as<Conv>();
  const std::vector<Window> spatial = windows(op, w.x);
  if (spatial.size() != 2 || op.groups != 1) throw Refused{"not a plain convolution of pictures"};
  for (const Window& window : spatial) {
    if (window.stride != 1 || window.dilation != 1) throw Refused{"a stride or dilation other than 1"};
    if (std::max(window.pad_begin, window.pad_end) >= window.kernel || std::min(window.pad_begin, window.pad_end) < 0)
      throw Refused{"more padding than taps"};
  }
  if (!winograd_has(spatial[0].kernel, spatial[1].kernel)) throw Refused{"taps that there are no transforms for"};
  return {w.x[0],
          w.x[1],
          w.y[1],
          w.x[2],
          w.x[3],
          w.y[2],
          w.y[3],
          spatial[0].pad_begin,
          spatial[1].pad_begin,
          static_cast<int>(spatial[0].kernel),
          static_cast<int>(spatial[1].kernel)};
}

struct Plan {
  std::size_t source;
  WinogradCut cut;
  WinogradKernels kernels;
  PixelStrides from, to;
  bool masks_input, clears_padding;
  PackedFloats weights;
  AlignedFloats bias, padding;
  TailPlan tail;
};

Plan make_plan(const Machine& machine, const Region& region, WinogradCut cut) {
  const Winograd w(region);
  auto packed = machine.packed(region, cut.expands ? "winograd, sums" : "winograd",
                               [&](auto values) { return winograd_weights(values, cut); });
  auto bias = floats(region, w.node, Slot::bias);
  bias.resize(static_cast<std::size_t>(cut.groups() * cut.group_channels()), 0.0F);
  auto padding = floats(region, w.node, Slot::pad_value);
  if (padding.empty()) padding.resize(static_cast<std::size_t>(cut.shape.in), 0.0F);
  const PixelStrides from = pixel_strides(w.x, w.from, cut.lanes);
  const PixelStrides to = pixel_strides(w.y, w.to, cut.lanes);
  return {w.source,
          std::move(cut),
          WinogradKernels(machine.isa),
          from,
          to,
          w.from == Layout::channels_last,
          w.to != Layout::channels_last,
          std::move(packed),
          by_channel(bias),
          by_channel(padding),
          TailPlan(region, 1)};
}

void run_plan(const Plan& plan, const KernelArgs& args) {
  TailPlan::Steps steps;
  WinogradRun run;
  run.x = input(args, plan.source);
  run.y = output(args, 0);
  run.scratch = reinterpret_cast<float*>(args.scratch);
  run.weights = plan.weights->data();
  run.bias = plan.bias.data();
  run.padding = plan.padding.data();
  run.from = plan.from;
  run.to = plan.to;
  run.masks_input = plan.masks_input;
  run.clears_padding = plan.clears_padding;
  run.tail = plan.tail.bind(args, steps);
  run_winograd(plan.cut, plan.kernels, run);
}

}  // namespace

Offer winograd(const Machine& machine, const Region& region) {
  if (machine.exact_convolutions) throw Refused{"rounding errors above those of plain sums"};
  const Winograd w(region);
  const std::int64_t lanes = lanes_of(machine.isa);
  if (!has_vectors(w.x, w.from, lanes) || !has_vectors(w.y, w.to, lanes))
    throw Refused{"a layout without vectors of channels"};
  WinogradCut cut = cut_winograd(shape_of(w), machine);
  LoopKernelTraits traits{"winograd"};
  const TailOutline tail(region, 1);
  for (const std::size_t operand : tail.operands())
    if (operand != w.source) traits.overwrites.push_back(static_cast<int>(operand));
  traits.scratch_bytes = static_cast<std::size_t>(cut.thread_floats() * cut.threads) * sizeof(float);
  traits.weight_bytes = winograd_weight_floats(cut) * sizeof(float);
  const double us = cut.us + tail.us(w.y.elements(), machine);
  return planned_offer(
      std::move(traits), us, [&machine, region, cut = std::move(cut)] { return make_plan(machine, region, cut); },
      run_plan);
}

}  // namespace banoff::cpu
