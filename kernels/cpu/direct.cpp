// Convolutions of pictures without groups, straight from how the picture lies: 1x1, and those that read the picture
// that a network is given.
#include <algorithm>

#include "kernels/cpu/halves.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/panels.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/picture.hpp"
#include "kernels/cpu/simd/direct.hpp"
#include "kernels/cpu/tail.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

/// So many bytes of the input are worked on, by all panels of weights, before the next pixels: they stay in the
/// second-level cache.
constexpr std::int64_t strip_bytes = 128 * 1024;

/// Rows of the output; all its pixels are one where windows are single pixels, side by side.
struct Lines {
  std::int64_t images = 1, lines = 1, pixels = 1;
  bool single = false;  ///< no window sticks out
};

Lines lines_of(const ConvPicture& picture) {
  const auto& [in, out, height, width, source] = picture;
  const auto single = [](const Window& w) {
    return w.kernel == 1 && w.stride == 1 && w.pad_begin == 0 && w.pad_end == 0;
  };
  if (!single(height) || !single(width)) return {in.n, height.output, width.output};
  const bool last = channels_last(in) && channels_last(out);  // images follow each other as rows do
  return last ? Lines{1, 1, in.n * out.spatial, true} : Lines{in.n, 1, out.spatial, true};
}

struct DirectPlan {
  ConvPicture picture;
  Lines lines;
  std::int64_t lanes;
  std::int64_t strip;  ///< pixels of a line that a task has
  std::vector<Panel> panels;
  PackedFloats weights;
  AlignedFloats bias;
  TailPlan tail;
  simd::DirectKernel kernel;
  simd::DirectToHalvesKernel to_halves = nullptr;  ///< of results in 16 bits, instead of the other

  /// Floats of the weights of one vector of output channels.
  [[nodiscard]] std::int64_t vector_weights() const {
    return picture.in.padded_channels() * picture.height.kernel * picture.width.kernel * lanes;
  }
};

/// [out][in][height][width] by panel.
AlignedFloats by_panel(std::span<const float> values, const ConvPicture& picture, const std::vector<Panel>& panels,
                       std::int64_t lanes) {
  const auto& [in, out, height, width, source] = picture;
  const PanelWeights shape{in, out.channels, height.kernel * width.kernel, lanes};
  AlignedFloats packed(static_cast<std::size_t>(shape.floats()));
  shape.pack(panels, packed.data(), [&](std::int64_t o, std::int64_t c, std::int64_t tap) {
    return values[static_cast<std::size_t>((o * shape.in.channels + c) * shape.taps + tap)];
  });
  return packed;
}

DirectPlan plan_direct(const Machine& machine, const Region& region, TailOf result) {
  ConvPicture picture(region);
  const Lines lines = lines_of(picture);
  const bool halves = result == TailOf::halves;
  const Isa isa = halves ? simd::half_isa(machine.isa) : machine.isa;
  const std::int64_t lanes = lanes_of(isa);
  constexpr std::int64_t tile = 14;
  const std::int64_t pixel_bytes = 4 * picture.in.padded_channels() * picture.width.stride;
  const std::int64_t most = std::max<std::int64_t>(strip_bytes / pixel_bytes / tile, 1) * tile;
  const std::int64_t strips = strips_of(lines.pixels, most, lines.pixels, machine.threads);
  const std::int64_t strip = round_up(divide_up(lines.pixels, strips), tile);
  auto panels = panels_of(divide_up(picture.out.channels, lanes));
  const std::string form = "direct, " + std::to_string(picture.in.lanes) + " together by " + std::to_string(lanes);
  auto weights = machine.packed(region, form, [&](auto values) { return by_panel(values, picture, panels, lanes); });
  return {std::move(picture),
          lines,
          lanes,
          std::min(strip, lines.pixels),
          std::move(panels),
          std::move(weights),
          by_channel(bias_of(region)),
          TailPlan(region, 1, TailOutline(region, 1, result)),
          halves ? nullptr : simd::direct_kernel(isa),
          halves ? simd::direct_to_halves_kernel(isa) : nullptr};
}

/// Pixels [first, end) of a line whose windows all have the columns `columns` inside.
struct Stretch {
  std::int64_t first, end;
  Inside columns;
};

struct Task {
  std::int64_t image, line;
  const Panel& panel;
};

simd::DirectKernel kernel_of(const DirectPlan& plan, float) { return plan.kernel; }
simd::DirectToHalvesKernel kernel_of(const DirectPlan& plan, simd::HalfFloat) { return plan.to_halves; }

template <class T>
void run_stretch(const DirectPlan& plan, const KernelArgs& args, const simd::Tail& tail, const Task& task,
                 const Stretch& stretch) {
  const auto& [in, out, height, width, source] = plan.picture;
  const std::int64_t lanes = plan.lanes;
  const std::int64_t wide = task.panel.vectors * lanes;
  const Inside rows = inside(height, task.line);
  const std::int64_t y = task.line * height.stride - height.pad_begin + rows.first;
  const std::int64_t x = stretch.first * width.stride - width.pad_begin + stretch.columns.first;
  const std::int64_t weights_row = width.kernel * in.lanes * wide;
  const std::int64_t channel = task.panel.first * lanes;
  const bool last = channels_last(out);
  const std::int64_t y_vector = last ? lanes : out.spatial * lanes;
  const std::int64_t left = out.channels - channel - (wide - lanes);
  kernel_of(plan,
            T{})({.x = input(args, source) + in.plane(task.image, 0) + (y * width.input + x) * in.lanes,
                  .weights = plan.weights->data() + task.panel.first * plan.vector_weights() +
                             rows.first * weights_row + stretch.columns.first * in.lanes * wide,
                  .bias = plan.bias.data() + channel,
                  .blocks = in.blocks,
                  .rows = rows.end - rows.first,
                  .taps = (stretch.columns.end - stretch.columns.first) * in.lanes,
                  .x_block = in.spatial * in.lanes,
                  .x_row = width.input * in.lanes,
                  .weights_block = height.kernel * weights_row,
                  .weights_row = weights_row,
                  .x_pixel = width.stride * in.lanes,
                  .y_pixel = out.lanes,
                  .y_vector = y_vector,
                  .pixels = stretch.end - stretch.first,
                  .vectors = task.panel.vectors,
                  .target = {reinterpret_cast<T*>(args.outputs[0]), tail, !last},
                  .offset = out.plane(task.image, 0) + (task.line * plan.lines.pixels + stretch.first) * out.lanes +
                            task.panel.first * y_vector,
                  .channel = channel,
                  .last_lanes = left < lanes ? left : 0});
}

template <class T>
void run_pixels(const DirectPlan& plan, const KernelArgs& args, const simd::Tail& tail, const Task& task,
                std::int64_t first, std::int64_t end) {
  const Window& w = plan.picture.width;
  if (plan.lines.single) return run_stretch<T>(plan, args, tail, task, {first, end, {0, w.kernel}});
  for_stretches(w, first, end, [&](std::int64_t from, std::int64_t to, const Inside& columns) {
    run_stretch<T>(plan, args, tail, task, {from, to, columns});
  });
}

template <class T>
void run_direct(const DirectPlan& plan, const KernelArgs& args) {
  TailPlan::Steps steps;
  const simd::Tail tail = plan.tail.bind(args, steps);
  const std::int64_t lines = plan.lines.lines;
  const std::int64_t pixels = plan.lines.pixels;
  const std::int64_t strips = divide_up(pixels, plan.strip);
  const std::int64_t panels = std::ssize(plan.panels);
  const std::int64_t work = plan.strip * plan.vector_weights() * simd::widest_direct_panel / parallel_products;
  parallel_for(plan.lines.images * lines * strips * panels, work, [&](std::int64_t task) {
    const std::int64_t line = task / panels / strips;
    const std::int64_t first = task / panels % strips * plan.strip;
    run_pixels<T>(plan, args, tail, {line / lines, line % lines, plan.panels[static_cast<std::size_t>(task % panels)]},
                  first, std::min(first + plan.strip, pixels));
  });
}

/// GFLOP/s, in the measure of onednn/cost.cpp: channels-last about 3 % more than the library, whose rate there is 99,
/// unless memory is what counts; blocked the same.
double rate(const ConvPicture& picture) {
  constexpr std::int64_t many_elements = 500'000;
  if (picture.width.kernel > 3) return 87;  // the pixels at the borders, which go one by one, are more
  if (picture.in.elements() + picture.out.elements() > 2 * many_elements && picture.in.padded_channels() >= 64)
    return 92;
  return channels_last(picture.out) ? 102 : 96;
}

}  // namespace

Offer direct(const Machine& machine, const Region& region) {
  const ConvPicture picture(region);
  const auto& [in, out, height, width, source] = picture;
  const std::int64_t lanes = lanes_of(machine.isa);
  if (groups_of(*region.node(0).as<Conv>(), region.type(region.node(0).inputs[0]).shape) != 1)
    throw Refused{"groups in an own convolution"};
  const Layout from = region.input_layouts[source];
  const Layout to = region.output_layouts[0];
  const bool plain = from == Layout::plain;
  const bool single = height.kernel == 1 && width.kernel == 1;
  if (plain ? in.channels > 4 : !single) throw Refused{"a convolution that the library has better"};
  if (to == Layout::plain || (!plain && from != to) || (to != Layout::channels_last && out.lanes != lanes))
    throw Refused{"an own convolution in another layout"};
  const TailOutline tail(region, 1);
  LoopKernelTraits traits{"direct"};
  const std::int64_t window = height.kernel * width.kernel;
  traits.weight_bytes = static_cast<std::size_t>(4 * round_up(out.channels, lanes) * in.padded_channels() * window);
  const double waste = channels_last(out) && out.channels % 8 != 0 ? 1.05 : 1;  // as the library's
  const double us =
      picture.us(static_cast<double>(in.padded_channels() * window) * waste, rate(picture), machine.threads) +
      tail.us(out.elements(), machine);
  return planned_offer(
      std::move(traits), us, [&machine, region] { return plan_direct(machine, region, TailOf::floats); },
      run_direct<float>);
}

Offer direct_to_halves(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  if (node.as<Conv>() == nullptr) throw Refused{"no convolution"};
  require_halves(region.type(region.outputs[0]), "a result");
  const ConvPicture picture(region);
  const auto& [in, out, height, width, source] = picture;
  if (groups_of(*node.as<Conv>(), region.type(node.inputs[0]).shape) != 1)
    throw Refused{"groups in an own convolution"};
  if (region.type(node.inputs[0]).stored || region.input_layouts[source] != Layout::plain || in.channels > 4 ||
      region.output_layouts[0] != Layout::channels_last)
    throw Refused{"a convolution to 16 bits of other than a picture of floats"};
  const TailOutline tail(region, 1, TailOf::halves);
  LoopKernelTraits traits{"direct to bf16"};
  const std::int64_t window = height.kernel * width.kernel;
  const std::int64_t lanes = lanes_of(simd::half_isa(machine.isa));
  traits.weight_bytes = static_cast<std::size_t>(4 * round_up(out.channels, lanes) * in.padded_channels() * window);
  const double us = picture.us(static_cast<double>(in.padded_channels() * window), rate(picture), machine.threads) +
                    tail.us(out.elements(), machine);
  return planned_offer(
      std::move(traits), us, [&machine, region] { return plan_direct(machine, region, TailOf::halves); },
      run_direct<simd::HalfFloat>);
}

}  // namespace banoff::cpu
