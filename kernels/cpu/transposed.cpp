// Transposed convolutions of pictures: every output pixel reads only the taps of its phase, its place modulo the
// stride, so that the pixels of one phase are a convolution of stride 1 with every stride-th tap.
#include <algorithm>

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

/// So many bytes of the input and of a panel's output are worked on, phase by phase, before the next lines: they stay
/// in the second-level cache, beside the weights of one phase and panel.
constexpr std::int64_t strip_bytes = 384 * 1024;

/// The outputs first, first + stride, … along one dimension, as a convolution of stride 1: `window` counts them.
struct Phase {
  std::int64_t first;
  Window window;
  std::int64_t last_tap, stride;

  /// Of the given kernel: a transposed one is read backwards.
  [[nodiscard]] std::int64_t tap(std::int64_t of_window) const { return last_tap - of_window * stride; }
};

/// By place modulo the stride, shifted by the padding. Output o reads input i by tap t where o + pad = stride * i + t.
std::vector<Phase> phases_of(const Window& w) {
  std::vector<Phase> phases;
  for (std::int64_t place = 0; place < w.stride; ++place) {
    const std::int64_t taps = divide_up(w.kernel - place, w.stride);
    const std::int64_t first = (place - w.pad_begin % w.stride + w.stride) % w.stride;
    const std::int64_t count = w.output > first ? divide_up(w.output - first, w.stride) : 0;
    const std::int64_t newest_input = (first + w.pad_begin) / w.stride;
    phases.push_back(
        {first, {w.input, count, taps, 1, 1, taps - 1 - newest_input, 0}, place + (taps - 1) * w.stride, w.stride});
  }
  return phases;
}

struct TransposedPicture {
  Blocks in, out;
  Window height{}, width{};
  std::size_t source = 0;
  /// The columns of an input pixel's output lie one behind another, and are computed like so many more channels.
  bool joined = false;

  explicit TransposedPicture(const Region& region) {
    const Node& node = region.node(0);
    const auto& op = *node.as<ConvTranspose>();
    const Shape& x = region.type(node.inputs[0]).shape;
    if (x.rank() != 4) throw Refused{"an own transposed convolution of something other than pictures"};
    if (op.groups != 1) throw Refused{"groups in an own transposed convolution"};
    const std::vector<Window> spatial = windows(op, x);
    height = spatial[0];
    width = spatial[1];
    for (const Window& w : spatial) {
      if (w.kernel > 1 && w.dilation > 1) throw Refused{"an own transposed convolution with its taps apart"};
      if (w.kernel < w.stride) throw Refused{"a transposed convolution that leaves pixels without a tap"};
    }
    source = input_of(region, node.inputs[0]);
    in = blocks_of(x, region.input_layouts[source]);
    out = blocks_of(region.type(node.outputs[0]).shape, region.output_layouts[0]);
    joined = channels_last(out) && width.kernel == width.stride && width.pad_begin == 0 &&
             width.output == width.input * width.stride;
  }

  /// Neighbouring pixels that count as one, with their channels side by side.
  [[nodiscard]] std::int64_t together() const { return joined ? width.stride : 1; }
  [[nodiscard]] std::int64_t channels() const { return out.channels * together(); }
};

struct TransposedPlan {
  TransposedPicture picture;
  std::int64_t lanes;
  std::int64_t strip;  ///< lines of the output that a task has, as many of every phase
  std::vector<Phase> rows, columns;
  std::vector<Panel> panels;
  std::vector<std::int64_t> weights_at;  ///< by phase of the rows, then of the columns
  PackedFloats weights;
  AlignedFloats bias;
  TailPlan tail;
  simd::DirectKernel kernel;
};

/// The phases that outputs along the width have; one, of a single tap, where columns are joined.
std::vector<Phase> columns_of(const TransposedPicture& picture) {
  if (picture.joined) return {{0, {picture.width.input, picture.width.input, 1, 1, 1, 0, 0}, 0, 1}};
  return phases_of(picture.width);
}

/// The weights of all phases, [in][out][height][width], each by panel.
AlignedFloats by_phase(std::span<const float> values, const TransposedPlan& plan) {
  const TransposedPicture& picture = plan.picture;
  const std::int64_t outputs = picture.out.channels;
  const auto value = [&](std::int64_t o, std::int64_t c, std::int64_t y, std::int64_t x) {
    if (picture.joined) x = o / outputs, o %= outputs;
    return values[static_cast<std::size_t>(((c * outputs + o) * picture.height.kernel + y) * picture.width.kernel + x)];
  };
  AlignedFloats packed(static_cast<std::size_t>(plan.weights_at.back()));
  auto at = plan.weights_at.begin();
  for (const Phase& row : plan.rows) {
    for (const Phase& column : plan.columns) {
      const std::int64_t across = column.window.kernel;
      const PanelWeights shape{picture.in, picture.channels(), row.window.kernel * across, plan.lanes};
      shape.pack(plan.panels, packed.data() + *at++, [&](std::int64_t o, std::int64_t c, std::int64_t tap) {
        return value(o, c, row.tap(tap / across), column.tap(tap % across));
      });
    }
  }
  return packed;
}

TransposedPlan plan_transposed(const Machine& machine, const Region& region) {
  TransposedPicture picture(region);
  const std::int64_t lanes = lanes_of(machine.isa);
  const std::int64_t widest = simd::widest_direct_panel * lanes;
  const std::int64_t line_bytes =
      4 * (picture.width.input * picture.in.padded_channels() + picture.height.stride * picture.width.output * widest);
  const std::int64_t lines = divide_up(picture.height.output, picture.height.stride);  // of each phase
  const std::int64_t most = std::max<std::int64_t>(strip_bytes / line_bytes, 1);
  const std::int64_t strips = strips_of(lines, most, picture.out.spatial, machine.threads);
  auto rows = phases_of(picture.height);
  auto columns = columns_of(picture);
  auto panels = panels_of(divide_up(picture.channels(), lanes));
  std::vector<std::int64_t> weights_at{0};
  for (const Phase& row : rows) {
    for (const Phase& column : columns) {
      const std::int64_t taps = row.window.kernel * column.window.kernel;
      weights_at.push_back(weights_at.back() + PanelWeights{picture.in, picture.channels(), taps, lanes}.floats());
    }
  }
  TransposedPlan plan{picture,
                      lanes,
                      divide_up(lines, strips) * picture.height.stride,
                      std::move(rows),
                      std::move(columns),
                      std::move(panels),
                      std::move(weights_at),
                      nullptr,
                      by_channel(bias_of(region), picture.together()),
                      TailPlan(region, 1, picture.together()),
                      simd::direct_kernel(machine.isa)};
  std::string form = "transposed, stride " + std::to_string(picture.height.stride) + " and " +
                     std::to_string(picture.width.stride) + ", " + std::to_string(picture.in.lanes) + " together";
  if (picture.joined) form += ", columns joined";
  plan.weights = machine.packed(region, std::move(form), [&](auto values) { return by_phase(values, plan); });
  return plan;
}

/// One phase of a panel.
struct Part {
  const Panel& panel;
  const Phase &row, &column;
  std::int64_t weights_at;
};

/// Pixels [first, end) of one line of the output, both counted in the phase; their windows all have the columns
/// `columns` inside.
struct Stretch {
  std::int64_t image, line, first, end;
  Inside columns;
};

void run_stretch(const TransposedPlan& plan, const KernelArgs& args, const simd::Tail& tail, const Part& part,
                 const Stretch& stretch) {
  const TransposedPicture& picture = plan.picture;
  const Blocks& in = picture.in;
  const Blocks& out = picture.out;
  const auto& [row, column] = std::pair<const Window&, const Window&>(part.row.window, part.column.window);
  const Inside rows = inside(row, stretch.line);
  const bool empty = rows.first == rows.end || stretch.columns.first == stretch.columns.end;
  const std::int64_t y = stretch.line - row.pad_begin + rows.first;
  const std::int64_t x = stretch.first - column.pad_begin + stretch.columns.first;
  const float* const image = input(args, picture.source) + in.plane(stretch.image, 0);
  const std::int64_t wide = part.panel.vectors * plan.lanes;
  const std::int64_t channel = part.panel.first * plan.lanes;
  const std::int64_t taps = row.kernel * column.kernel;
  const std::int64_t weights_row = column.kernel * in.lanes * wide;
  const float* const weights = plan.weights->data() + part.weights_at + channel * in.padded_channels() * taps;
  const std::int64_t y_pixel = picture.width.stride * out.lanes;
  const std::int64_t y_vector = channels_last(out) ? plan.lanes : out.spatial * plan.lanes;
  const std::int64_t out_line = stretch.line * picture.height.stride + part.row.first;
  const std::int64_t left = picture.channels() - channel - (wide - plan.lanes);
  plan.kernel({.x = empty ? image : image + (y * picture.width.input + x) * in.lanes,
               .weights = weights + rows.first * weights_row + stretch.columns.first * in.lanes * wide,
               .bias = plan.bias.data() + channel,
               .blocks = empty ? 0 : in.blocks,
               .rows = rows.end - rows.first,
               .taps = (stretch.columns.end - stretch.columns.first) * in.lanes,
               .x_block = in.spatial * in.lanes,
               .x_row = picture.width.input * in.lanes,
               .weights_block = taps * in.lanes * wide,
               .weights_row = weights_row,
               .x_pixel = in.lanes,
               .y_pixel = y_pixel,
               .y_vector = y_vector,
               .pixels = stretch.end - stretch.first,
               .vectors = part.panel.vectors,
               .target = {output(args, 0), tail, !channels_last(out)},
               .offset = out.plane(stretch.image, 0) +
                         (out_line * picture.width.output + part.column.first) * out.lanes + stretch.first * y_pixel +
                         part.panel.first * y_vector,
               .channel = channel,
               .last_lanes = left < plan.lanes ? left : 0});
}

/// All phases of a panel, over as many lines of each as a strip has.
void run_strip(const TransposedPlan& plan, const KernelArgs& args, const simd::Tail& tail, const Panel& panel,
               std::int64_t image, std::int64_t strip) {
  const std::int64_t lines = plan.strip / plan.picture.height.stride;
  auto weights_at = plan.weights_at.begin();
  for (const Phase& row : plan.rows) {
    const std::int64_t end = std::min((strip + 1) * lines, row.window.output);
    for (const Phase& column : plan.columns) {
      const Part part{panel, row, column, *weights_at++};
      for (std::int64_t line = strip * lines; line < end; ++line) {
        for_stretches(column.window, 0, column.window.output,
                      [&](std::int64_t first, std::int64_t last, const Inside& columns) {
                        run_stretch(plan, args, tail, part, {image, line, first, last, columns});
                      });
      }
    }
  }
}

void run_transposed(const TransposedPlan& plan, const KernelArgs& args) {
  TailPlan::Steps steps;
  const simd::Tail tail = plan.tail.bind(args, steps);
  const Window& height = plan.picture.height;
  const std::int64_t strips = divide_up(height.output, plan.strip);
  const std::int64_t panels = std::ssize(plan.panels);
  const std::int64_t products = plan.weights_at.back() / panels * plan.strip / height.stride * plan.picture.width.input;
  parallel_for(plan.picture.in.n * strips * panels, products / parallel_products, [&](std::int64_t task) {
    run_strip(plan, args, tail, plan.panels[static_cast<std::size_t>(task % panels)], task / panels / strips,
              task / panels % strips);
  });
}

}  // namespace

Offer transposed(const Machine& machine, const Region& region) {
  const TransposedPicture picture(region);
  const std::int64_t lanes = lanes_of(machine.isa);
  const Layout from = region.input_layouts[picture.source];
  const Layout to = region.output_layouts[0];
  if (from != to || to == Layout::plain || (to != Layout::channels_last && picture.out.lanes != lanes))
    throw Refused{"an own transposed convolution in another layout"};
  const TailOutline tail(region, 1);
  LoopKernelTraits traits{"transposed"};
  const std::int64_t wide = round_up(picture.channels(), lanes);
  const std::int64_t taps = picture.height.kernel * picture.width.kernel / picture.together();
  traits.weight_bytes = static_cast<std::size_t>(4 * picture.in.padded_channels() * taps * wide);
  const double products = static_cast<double>(picture.in.n * picture.in.spatial * picture.in.padded_channels()) *
                          static_cast<double>(taps * wide);
  // By the measure of onednn/cost.cpp, of which the library reaches 45 GFLOP/s channels-last and 30 blocked.
  const double rate = 90;
  const double bytes = 4.0 * static_cast<double>(picture.in.elements() + picture.out.elements());
  const double us = 0.3 + std::max(2e-3 * products / rate, bytes / 60e3) / machine.threads;
  return planned_offer(
      std::move(traits), us + tail.us(picture.out.elements(), machine),
      [&machine, region] { return plan_transposed(machine, region); }, run_transposed);
}

}  // namespace banoff::cpu
