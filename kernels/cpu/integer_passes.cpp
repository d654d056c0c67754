// Passes over numbers of 8 bits that compute: means of whole pictures, sums of two values.
#include <algorithm>
#include <optional>
#include <tuple>

#include "kernels/cpu/grid.hpp"
#include "kernels/cpu/integer_layer.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/simd/int8_elements.hpp"
#include "kernels/cpu/simd/int8_pool.hpp"
#include "kernels/layout.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::cpu {

namespace {

const std::uint8_t* numbers(const KernelArgs& args, std::size_t input) {
  return reinterpret_cast<const std::uint8_t*>(args.inputs[input]);
}

void require_channels_last(const Region& region, ValueId value, Layout layout) {
  if (!same_bytes(region.type(value).shape, layout, Layout::channels_last))
    throw Refused{"numbers in a layout other than channels-last"};
}

/// The mean of every channel of a picture, to floats.
Offer mean(const Machine& machine, const Region& region) {
  const TensorType& type = region.type(region.inputs[0]);
  if (region.nodes.size() != 1 || region.type(region.outputs[0]).stored)
    throw Refused{"a mean of integers to integers"};
  const Stored x = stored_bytes(type, "an input");
  require_channels_last(region, region.inputs[0], region.input_layouts[0]);
  const std::int64_t images = type.shape[0], channels = type.shape[1];
  const std::int64_t pixels = type.shape.elements(2, type.shape.rank());
  const auto kernel = simd::byte_pools(simd::byte_isa(machine.isa)).mean;
  return ready_offer({"int8 mean"}, stored_us(region, machine.threads), [=](const KernelArgs& args) {
    const std::int64_t part = 64;
    const std::int64_t parts = divide_up(channels, part);
    parallel_for(images * parts, part * pixels / 4, [&](std::int64_t i) {
      const std::int64_t image = i / parts, first = i % parts * part;
      kernel({.x = numbers(args, 0) + image * pixels * channels,
              .y = output(args, 0) + image * channels,
              .scale = x.scale / static_cast<float>(pixels),
              .shift = -x.scale * static_cast<float>(x.zero_point),
              .pixels = pixels,
              .channels = channels,
              .first = first,
              .end = std::min(first + part, channels)});
    });
  });
}

/// A sum of two values with what follows it.
Offer sum(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const TensorType& to = region.type(region.outputs[0]);
  if (node.inputs.size() != 2) throw Refused{"a sum of several values in integers"};
  const std::size_t first = input_of(region, node.inputs[0]), second = input_of(region, node.inputs[1]);
  const Stored a = stored_bytes(region.type(node.inputs[0]), "an addend");
  const Stored b = stored_bytes(region.type(node.inputs[1]), "an addend");
  for (const std::size_t input : {first, second}) {
    if (region.type(region.inputs[input]).shape != to.shape ||
        !same_bytes(to.shape, region.input_layouts[input], region.output_layouts[0]))
      throw Refused{"addends that lie otherwise than the sum"};
  }
  const std::size_t nodes = region.nodes.size();
  const auto* activation = nodes == 3 ? region.node(1).as<Activation>() : nullptr;
  if (nodes < 2 || nodes > 3 || (nodes == 3 && activation == nullptr) ||
      region.node(nodes - 1).as<FakeQuantize>() == nullptr)
    throw Refused{"another op behind a sum of integers"};
  const Stored result = stored_bytes(to, "a result");
  const simd::ByteIsa isa = simd::byte_isa(machine.isa);
  const auto kernel = simd::byte_elements(isa).sum;
  const std::int64_t count = to.shape.elements();
  simd::ByteSum all;
  all.a_scale = a.scale / result.scale;
  all.b_scale = b.scale / result.scale;
  all.shift = -(all.a_scale * static_cast<float>(a.zero_point) + all.b_scale * static_cast<float>(b.zero_point));
  all.target.zero_point = result.zero_point;
  all.target.permute = isa.permute;
  if (activation != nullptr) std::tie(all.target.low, all.target.high) = stored_bounds(*activation, result);
  LoopKernelTraits traits{"int8 sum", {static_cast<int>(first), static_cast<int>(second)}};
  return ready_offer(std::move(traits), stored_us(region, machine.threads), [=](const KernelArgs& args) {
    in_chunks(count, [&](std::int64_t at, std::int64_t some) {
      simd::ByteSum part = all;
      part.a = numbers(args, first) + at;
      part.b = numbers(args, second) + at;
      part.count = some;
      part.target.y = reinterpret_cast<std::uint8_t*>(args.outputs[0]) + at;
      kernel(part);
    });
  });
}

/// A picture times a number per channel and image, as squeeze-and-excitation has it.
Offer gate(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const TensorType& to = region.type(region.outputs[0]);
  if (region.nodes.size() != 2 || region.node(1).as<FakeQuantize>() == nullptr || node.inputs.size() != 2)
    throw Refused{"another op behind a product of integers"};
  const bool first = region.type(node.inputs[0]).shape == to.shape;
  const ValueId picture = node.inputs[first ? 0 : 1], factors = node.inputs[first ? 1 : 0];
  const std::int64_t images = to.shape[0], channels = to.shape.rank() > 1 ? to.shape[1] : 1;
  const TensorType& by = region.type(factors);
  if (region.type(picture).shape != to.shape || by.shape.rank() != to.shape.rank() || by.shape[0] != images ||
      by.shape.elements() != images * channels || by.shape[1] != channels)
    throw Refused{"a product of integers that is not by channel"};
  const std::size_t x_input = input_of(region, picture), factor_input = input_of(region, factors);
  require_channels_last(region, picture, region.input_layouts[x_input]);
  require_channels_last(region, region.outputs[0], region.output_layouts[0]);
  const Stored x = stored_bytes(region.type(picture), "a picture"), result = stored_bytes(to, "a result");
  std::optional<Stored> stored;
  if (by.stored) stored = stored_bytes(by, "a factor");
  const std::int64_t pixels = to.shape.elements(2, to.shape.rank());
  const simd::ByteIsa isa = simd::byte_isa(machine.isa);
  const auto kernel = simd::byte_elements(isa).gate;
  // Pixels that are done at a time, as many by every thread.
  const std::int64_t together = divide_up(pixels, round_up(divide_up(pixels, 64), machine.threads));
  const std::int64_t parts = divide_up(pixels, together);
  LoopKernelTraits traits{"int8 gate"};
  traits.scratch_bytes = static_cast<std::size_t>(images * channels) * sizeof(float);
  return ready_offer(std::move(traits), stored_us(region, machine.threads), [=](const KernelArgs& args) {
    auto* factor = reinterpret_cast<float*>(args.scratch);
    const float ratio = x.scale / result.scale;
    for (std::int64_t i = 0; i < images * channels; ++i) {
      const float given = stored
                              ? stored->scale * static_cast<float>(numbers(args, factor_input)[i] - stored->zero_point)
                              : input(args, factor_input)[i];
      factor[i] = given * ratio;
    }
    parallel_for(images * parts, together * channels / 2, [&](std::int64_t i) {
      const std::int64_t image = i / parts, start = i % parts * together;
      const std::int64_t at = (image * pixels + start) * channels;
      simd::ByteGate part;
      part.x = numbers(args, x_input) + at;
      part.factor = factor + image * channels;
      part.zero_point = x.zero_point;
      part.pixels = std::min(together, pixels - start);
      part.channels = channels;
      part.target.y = reinterpret_cast<std::uint8_t*>(args.outputs[0]) + at;
      part.target.zero_point = result.zero_point;
      part.target.permute = isa.permute;
      kernel(part);
    });
  });
}

/// The largest of each window.
Offer largest(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const TensorType& from = region.type(region.inputs[0]);
  const TensorType& to = region.type(region.outputs[0]);
  (void)stored_bytes(from, "an input");
  if (region.nodes.size() != 1 || to.stored != from.stored || from.shape.rank() != 4)
    throw Refused{"another pool of integers"};
  require_channels_last(region, region.inputs[0], region.input_layouts[0]);
  require_channels_last(region, region.outputs[0], region.output_layouts[0]);
  const std::vector<Window> spatial = windows(*node.as<Pool>(), from.shape);
  const Window height = spatial[0], width = spatial[1];
  if (height.dilation != 1 || width.dilation != 1) throw Refused{"a pool of integers with dilation"};
  const std::int64_t images = from.shape[0], channels = from.shape[1];
  const auto kernel = simd::byte_pools(simd::byte_isa(machine.isa)).largest;
  return ready_offer({"int8 max_pool"}, stored_us(region, machine.threads), [=](const KernelArgs& args) {
    parallel_for(images * height.output, width.output * channels, [&](std::int64_t i) {
      const std::int64_t image = i / height.output, row = i % height.output;
      simd::BytePool part;
      part.x = numbers(args, 0) + image * height.input * width.input * channels;
      part.channels = channels;
      part.height = height.input;
      part.width = width.input;
      part.out_width = width.output;
      part.kernel_height = height.kernel;
      part.kernel_width = width.kernel;
      part.stride_height = height.stride;
      part.stride_width = width.stride;
      part.pad_top = height.pad_begin;
      part.pad_left = width.pad_begin;
      part.first_row = row;
      part.end_row = row + 1;
      part.y = reinterpret_cast<std::uint8_t*>(args.outputs[0]) + image * height.output * width.output * channels;
      kernel(part);
    });
  });
}

}  // namespace

Offer integer_pass(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  if (const auto* pool = node.as<GlobalPool>(); pool != nullptr && pool->kind == PoolKind::avg)
    return mean(machine, region);
  if (const auto* pool = node.as<Pool>(); pool != nullptr && pool->kind == PoolKind::max)
    return largest(machine, region);
  const auto* op = node.as<Binary>();
  if (op != nullptr && op->kind == BinaryKind::add) return sum(machine, region);
  if (op != nullptr && op->kind == BinaryKind::mul) return gate(machine, region);
  throw Refused{"no own pass over integers"};
}

}  // namespace banoff::cpu
