// Passes over values stored in 16 bits: activations, sums, values and gates by channel, means of whole pictures,
// largest values of windows.
#include <algorithm>

#include "kernels/cpu/grid.hpp"
#include "kernels/cpu/halves.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/simd/half_passes.hpp"
#include "kernels/cpu/tail.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

using simd::HalfFloat;
using simd::TailKind;

const HalfFloat* halves(const KernelArgs& args, std::size_t input) {
  return reinterpret_cast<const HalfFloat*>(args.inputs[input]);
}

simd::HalfPasses passes_of(const Machine& machine) { return simd::half_passes(simd::half_isa(machine.isa)); }

/// Of what a pass over single elements takes at a time.
constexpr std::int64_t row_elements = 16;

bool by_channel(const TailOutline& tail) {
  return std::ranges::any_of(tail.steps(), [](const TailOutline::Step& each) {
    const TailKind kind = each.step.kind;
    return kind == TailKind::scale_shift || kind == TailKind::bounds || kind == TailKind::kinked;
  });
}

void require_pass(const Region& region, ValueId source) {
  const TensorType& to = region.type(region.outputs[0]);
  require_halves(region.type(source), "an input");
  require_halves(to, "a result");
  if (region.type(source).shape != to.shape ||
      !same_bytes(to.shape, region.input_layouts[input_of(region, source)], region.output_layouts[0]))
    throw Refused{"an input that lies otherwise than the result"};
}

void require_channels_last(const Region& region, ValueId value, Layout layout) {
  if (!same_bytes(region.type(value).shape, layout, Layout::channels_last))
    throw Refused{"floats of 16 bits in a layout other than channels-last"};
}

/// The rows [first, first + count) of all pixels, with what follows.
struct RowsPlan {
  std::size_t source;  ///< region input
  TailPlan tail;
  Blocks view;
  bool by_channel;
  simd::HalfPasses passes;
};

void run_elements(const RowsPlan& plan, const KernelArgs& args) {
  TailPlan::Steps steps;
  const simd::Tail tail = plan.tail.bind(args, steps);
  const simd::HalfRows all{
      halves(args, plan.source), 1, 1, 0, {reinterpret_cast<HalfFloat*>(args.outputs[0]), tail, false}};
  in_chunks(plan.view.elements(), [&](std::int64_t at, std::int64_t some) {
    simd::HalfRows part = all;
    part.offset = at;
    part.rows = some / row_elements;
    part.channels = row_elements;
    plan.passes.rows(part);
    part.offset += part.rows * row_elements;
    part.rows = 1;
    part.channels = some % row_elements;
    plan.passes.rows(part);
  });
}

/// Calls f(image, first, count) for the pixels of all images, in pieces that one thread takes at a time.
template <class F>
void for_pixels(const Blocks& view, const F& f) {
  constexpr std::int64_t together = 64;
  const std::int64_t parts = divide_up(view.spatial, together);
  parallel_for(view.n * parts, together * view.channels, [&](std::int64_t i) {
    const std::int64_t first = i % parts * together;
    f(i / parts, first, std::min(together, view.spatial - first));
  });
}

void run_rows(const RowsPlan& plan, const KernelArgs& args) {
  if (!plan.by_channel) return run_elements(plan, args);
  TailPlan::Steps steps;
  const simd::Tail tail = plan.tail.bind(args, steps);
  for_pixels(plan.view, [&](std::int64_t image, std::int64_t first, std::int64_t count) {
    const std::int64_t offset = (image * plan.view.spatial + first) * plan.view.channels;
    plan.passes.rows({halves(args, plan.source),
                      count,
                      plan.view.channels,
                      offset,
                      {reinterpret_cast<HalfFloat*>(args.outputs[0]), tail, false}});
  });
}

/// Steps on their own.
Offer rows(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const auto alike = [&](ValueId value) {
    return is_halves(region.type(value)) && region.type(value).shape == region.type(region.outputs[0]).shape;
  };
  const auto found = std::ranges::find_if(node.inputs, alike);
  if (found == node.inputs.end() || std::ranges::count(node.inputs, *found) > 1)
    throw Refused{"no input in 16 bits like the result"};
  const ValueId source = *found;
  require_pass(region, source);
  const TailOutline tail(region, 1, TailOf::halves, source);
  if (by_channel(tail)) require_channels_last(region, source, region.output_layouts[0]);
  const TensorType& to = region.type(region.outputs[0]);
  const double us = stored_us(region, machine.threads) + tail.us(to.shape.elements(), machine);
  const auto input = input_of(region, source);
  return planned_offer(
      {"bf16 pass", {static_cast<int>(input)}}, us,
      [&machine, region, source, input] {
        const TailOutline outline(region, 1, TailOf::halves, source);
        const Shape& shape = region.type(region.outputs[0]).shape;
        return RowsPlan{input, TailPlan(region, 1, outline), blocks_of(shape, Layout::channels_last),
                        by_channel(outline), passes_of(machine)};
      },
      run_rows);
}

struct GatePlan {
  RowsPlan rows;
  std::size_t factors;  ///< region input
  bool half_factors;
};

void run_gate(const GatePlan& plan, const KernelArgs& args) {
  const Blocks& view = plan.rows.view;
  const std::int64_t wide = round_up(view.channels, row_elements);
  auto* factors = reinterpret_cast<float*>(args.scratch);
  for (std::int64_t image = 0; image < view.n; ++image) {
    float* const to = factors + image * wide;
    const std::int64_t from = image * view.channels;
    if (plan.half_factors)
      loops::from_bf16(reinterpret_cast<const std::uint16_t*>(args.inputs[plan.factors]) + from, to, view.channels);
    else std::copy_n(input(args, plan.factors) + from, view.channels, to);
    std::fill(to + view.channels, to + wide, 0.0F);
  }
  TailPlan::Steps behind;
  const simd::Tail tail = plan.rows.tail.bind(args, behind);
  for_pixels(view, [&](std::int64_t image, std::int64_t first, std::int64_t count) {
    std::array<simd::TailStep, TailOutline::most_steps + 1> steps;
    steps[0] = {};
    steps[0].kind = TailKind::scale;
    steps[0].a = factors + image * wide;
    std::copy_n(tail.steps, tail.count, steps.begin() + 1);
    const std::int64_t offset = (image * view.spatial + first) * view.channels;
    plan.rows.passes.rows({halves(args, plan.rows.source),
                           count,
                           view.channels,
                           offset,
                           {reinterpret_cast<HalfFloat*>(args.outputs[0]), {steps.data(), tail.count + 1}, false}});
  });
}

/// A picture times a number per channel and image, as squeeze-and-excitation has it.
Offer gate(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const TensorType& to = region.type(region.outputs[0]);
  if (node.inputs.size() != 2) throw Refused{"a product of several values"};
  const bool first = region.type(node.inputs[0]).shape == to.shape;
  const ValueId picture = node.inputs[first ? 0 : 1], factors = node.inputs[first ? 1 : 0];
  require_pass(region, picture);
  require_channels_last(region, picture, region.output_layouts[0]);
  const TensorType& by = region.type(factors);
  const std::size_t factor_input = input_of(region, factors);
  if (by.shape.rank() != to.shape.rank() || by.shape[0] != to.shape[0] || by.shape[1] != to.shape[1] ||
      by.shape.elements() != to.shape[0] * to.shape[1] ||
      elements_of(by.shape, region.input_layouts[factor_input]) != by.shape.elements())
    throw Refused{"a product that is not by channel and image"};
  const TailOutline tail(region, 1, TailOf::halves);
  LoopKernelTraits traits{"bf16 gate", {static_cast<int>(input_of(region, picture))}};
  traits.scratch_bytes = static_cast<std::size_t>(to.shape[0] * round_up(to.shape[1], row_elements)) * sizeof(float);
  const double us = stored_us(region, machine.threads) + tail.us(to.shape.elements(), machine);
  return planned_offer(
      std::move(traits), us,
      [&machine, region, picture, factor_input, half = by.stored.has_value()] {
        const Shape& shape = region.type(region.outputs[0]).shape;
        return GatePlan{{input_of(region, picture), TailPlan(region, 1, TailOutline(region, 1, TailOf::halves)),
                         blocks_of(shape, Layout::channels_last), true, passes_of(machine)},
                        factor_input,
                        half};
      },
      run_gate);
}

/// The mean of every channel of a picture, to floats or to 16 bits.
Offer mean(const Machine& machine, const Region& region) {
  const TensorType& from = region.type(region.inputs[0]);
  const TensorType& to = region.type(region.outputs[0]);
  for (std::size_t i = 1; i < region.nodes.size(); ++i) {
    if (region.node(i).as<Flatten>() == nullptr) throw Refused{"no flatten behind the global pooling"};
  }
  require_halves(from, "an input");
  require_channels_last(region, region.inputs[0], region.input_layouts[0]);
  const Blocks view = blocks_of(from.shape, Layout::channels_last);
  if (elements_of(to.shape, region.output_layouts[0]) != view.n * view.channels)
    throw Refused{"the pooled channels would need padding"};
  if (to.stored) require_halves(to, "a result");
  const bool to_halves = to.stored.has_value();
  const auto kernel = passes_of(machine).mean;
  return ready_offer({"bf16 mean"}, stored_us(region, machine.threads), [=](const KernelArgs& args) {
    constexpr std::int64_t part = 64;
    const std::int64_t parts = divide_up(view.channels, part);
    parallel_for(view.n * parts, part * view.spatial / 2, [&](std::int64_t i) {
      const std::int64_t image = i / parts, first = i % parts * part;
      const std::int64_t at = image * view.channels;
      kernel({.x = halves(args, 0) + at * view.spatial,
              .pixels = view.spatial,
              .channels = view.channels,
              .first = first,
              .end = std::min(first + part, view.channels),
              .floats = to_halves ? nullptr : output(args, 0) + at,
              .halves = to_halves ? reinterpret_cast<HalfFloat*>(args.outputs[0]) + at : nullptr});
    });
  });
}

/// The largest of each window.
Offer largest(const Machine& machine, const Region& region) {
  const TensorType& from = region.type(region.inputs[0]);
  const TensorType& to = region.type(region.outputs[0]);
  require_halves(from, "an input");
  require_halves(to, "a result");
  if (region.nodes.size() != 1 || from.shape.rank() != 4) throw Refused{"another pool of floats of 16 bits"};
  require_channels_last(region, region.inputs[0], region.input_layouts[0]);
  require_channels_last(region, region.outputs[0], region.output_layouts[0]);
  const std::vector<Window> spatial = windows(*region.node(0).as<Pool>(), from.shape);
  const Window height = spatial[0], width = spatial[1];
  if (height.dilation != 1 || width.dilation != 1 || std::ranges::any_of(spatial, has_empty_window))
    throw Refused{"a pool of floats of 16 bits with dilation, or of windows outside"};
  const std::int64_t images = from.shape[0], channels = from.shape[1];
  const auto kernel = passes_of(machine).largest;
  const auto made = static_cast<double>(to.shape.elements());
  const double taps_us = 0.04e-3 * made * static_cast<double>(height.kernel * width.kernel) / machine.threads;
  return ready_offer({"bf16 max_pool"}, stored_us(region, machine.threads) + taps_us, [=](const KernelArgs& args) {
    parallel_for(images * height.output, width.output * channels, [&](std::int64_t i) {
      const std::int64_t image = i / height.output, row = i % height.output;
      const std::int64_t top = row * height.stride - height.pad_begin;
      kernel({.x = halves(args, 0) + image * height.input * width.input * channels,
              .y = reinterpret_cast<HalfFloat*>(args.outputs[0]) + i * width.output * channels,
              .channels = channels,
              .width = width.input,
              .out_width = width.output,
              .first_row = std::max<std::int64_t>(top, 0),
              .end_row = std::min(top + height.kernel, height.input),
              .kernel_width = width.kernel,
              .stride_width = width.stride,
              .pad_left = width.pad_begin});
    });
  });
}

}  // namespace

Offer half_pass(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  if (const auto* pool = node.as<GlobalPool>(); pool != nullptr && pool->kind == PoolKind::avg)
    return mean(machine, region);
  if (const auto* pool = node.as<Pool>(); pool != nullptr && pool->kind == PoolKind::max)
    return largest(machine, region);
  const auto* op = node.as<Binary>();
  if (op != nullptr && op->kind == BinaryKind::mul) return gate(machine, region);
  return rows(machine, region);
}

}  // namespace banoff::cpu
