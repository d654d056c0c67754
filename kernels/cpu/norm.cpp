// Softmax and the norms whose statistics come from their input.
#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/pointwise.hpp"
#include "kernels/layout.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

constexpr std::int64_t column_chunk = 128;

void softmax_rows(const float* x, float* y, std::int64_t rows, std::int64_t size) {
  parallel_for(rows, 8 * size, [&](std::int64_t r) {
    const float* from = x + r * size;
    float* to = y + r * size;
    const float total = loops::exponentials(from, loops::maximum(from, size), to, size);
    const float factor = 1.0F / total;
    loops::combine(loops::Combine::multiply, to, {&factor, 0, 0}, to, 1, size, no_clamp);
  });
}

void softmax_planes(const float* x, float* y, std::int64_t outer, std::int64_t size, std::int64_t inner) {
  const std::int64_t chunks = divide_up(inner, column_chunk);
  parallel_for(outer * chunks, 8 * size * column_chunk, [&](std::int64_t task) {
    std::array<float, 2 * column_chunk> scratch;
    const std::int64_t column = task % chunks * column_chunk;
    const std::int64_t offset = task / chunks * size * inner + column;
    loops::softmax_columns(x + offset, y + offset, size, inner, std::min(column_chunk, inner - column), scratch.data());
  });
}

Offer softmax(const Region& region, const Node& only, const Softmax& op, int threads) {
  const Shape& shape = region.type(only.inputs[0]).shape;
  const std::size_t axis = resolve_axis(op.axis, shape.rank());
  const Layout layout = region.input_layouts[0];
  const std::int64_t size = shape[axis];
  std::int64_t outer = shape.elements(0, axis);
  std::int64_t inner = shape.elements(axis + 1, shape.rank());
  if (layout != Layout::plain) {
    if (layout != Layout::channels_last || axis != 1) throw Refused{"softmax across blocks"};
    outer *= inner, inner = 1;
  }
  LoopKernelTraits traits{"softmax"};
  const double us = pass_us(12.0 * static_cast<double>(shape.elements()), threads) +
                    0.5e-3 * static_cast<double>(shape.elements()) / threads;
  if (inner == 1) traits.overwrites = {0};
  return ready_offer(std::move(traits), us, [=](const KernelArgs& args) {
    if (inner == 1) softmax_rows(input(args, 0), output(args, 0), outer, size);
    else softmax_planes(input(args, 0), output(args, 0), outer, size, inner);
  });
}

/// A parameter, or `standard` throughout where the norm has none.
std::vector<float> channel_values(const Region& region, const Node& norm, Slot slot, std::int64_t count,
                                  float standard) {
  auto values = floats(region, norm, slot);
  values.resize(static_cast<std::size_t>(count), standard);
  return values;
}

struct Moments {
  float mean, inverse;
};
Moments moments(const float* x, std::int64_t count, double eps) {
  const float mean = loops::sum(x, count) / static_cast<float>(count);
  const double variance = static_cast<double>(loops::squares(x, mean, count)) / static_cast<double>(count);
  return {mean, static_cast<float>(1.0 / std::sqrt(variance + eps))};
}

Offer group_norm(const Region& region, const Node& only, const GroupNorm& op, int threads) {
  if (region.input_layouts[0] != Layout::plain) throw Refused{"group norm in a layout other than plain"};
  const Blocks view = blocks_of(region.type(only.inputs[0]).shape, Layout::plain);
  const std::int64_t groups = op.groups == 0 ? view.channels : op.groups;
  const std::int64_t per_group = view.channels / groups;
  const double us = pass_us(16.0 * static_cast<double>(view.elements()), threads);
  return loop_offer({"group_norm", {0}}, us, [=, eps = op.eps, norm = &only] {
    return [=, weight = channel_values(region, *norm, Slot::weight, view.channels, 1),
            bias = channel_values(region, *norm, Slot::bias, view.channels, 0)](const KernelArgs& args) {
      parallel_for(view.n * groups, per_group * view.spatial, [&](std::int64_t task) {
        const std::int64_t offset = task * per_group * view.spatial;
        const Moments m = moments(input(args, 0) + offset, per_group * view.spatial, eps);
        for (std::int64_t c = 0; c < per_group; ++c) {
          const auto channel = static_cast<std::size_t>(task % groups * per_group + c);
          const float scale = weight[channel] * m.inverse;
          const float shift = bias[channel] - scale * m.mean;
          const std::int64_t at = offset + c * view.spatial;
          loops::scale_shift(input(args, 0) + at, &scale, &shift, output(args, 0) + at, view.spatial, 1, no_clamp);
        }
      });
    };
  });
}

Offer layer_norm(const Region& region, const Node& only, const LayerNorm& op, int threads) {
  const Shape& shape = region.type(only.inputs[0]).shape;
  if (region.input_layouts[0] != Layout::plain) throw Refused{"layer norm in a layout other than plain"};
  for (std::size_t i = 0; i < op.axes.size(); ++i) {
    if (resolve_axis(op.axes[i], shape.rank()) != shape.rank() - op.axes.size() + i)
      throw Refused{"layer norm of axes that are not the last"};
  }
  const std::int64_t rows = shape.elements(0, shape.rank() - op.axes.size());
  const std::int64_t size = shape.elements(shape.rank() - op.axes.size(), shape.rank());
  const double us = pass_us(16.0 * static_cast<double>(shape.elements()), threads);
  return loop_offer({"layer_norm", {0}}, us, [=, eps = op.eps, norm = &only] {
    return [=, weight = channel_values(region, *norm, Slot::weight, size, 1),
            bias = channel_values(region, *norm, Slot::bias, size, 0)](const KernelArgs& args) {
      parallel_for(rows, 4 * size, [&](std::int64_t r) {
        float* y = output(args, 0) + r * size;
        const Moments m = moments(input(args, 0) + r * size, size, eps);
        const float shift = -m.mean * m.inverse;
        loops::scale_shift(input(args, 0) + r * size, &m.inverse, &shift, y, size, 1, no_clamp);
        loops::scale_shift(y, weight.data(), bias.data(), y, 1, size, no_clamp);
      });
    };
  });
}

}  // namespace

static Offer offer_normalisation(const Region& region, int threads) {
  require_float_chain(region);
  const Node& only = region.node(0);
  if (region.nodes.size() != 1 || region.input_layouts[0] != region.output_layouts[0])
    throw Refused{"not a single norm in one layout"};
  if (region.type(only.inputs[0]).shape.elements() == 0) throw Refused{"nothing to normalise"};
  if (const auto* op = only.as<Softmax>()) return softmax(region, only, *op, threads);
  if (const auto* op = only.as<GroupNorm>()) return group_norm(region, only, *op, threads);
  if (const auto* op = only.as<LayerNorm>()) return layer_norm(region, only, *op, threads);
  throw Refused{"not a norm"};
}

Family normalisation() { return family<Softmax, GroupNorm, LayerNorm>(offer_normalisation); }

}  // namespace banoff::cpu
