// Depthwise convolutions on numbers of 8 bits.
#include <algorithm>

#include "kernels/cpu/integer_layer.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/picture.hpp"
#include "kernels/cpu/simd/int8_depthwise.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

struct Plan {
  ConvPicture picture;
  std::size_t source;
  std::uint8_t x_zero;
  simd::ByteDepthwiseForm form;
  simd::ByteDepthwiseKernel kernel;
  std::int64_t strip;  ///< rows of the output that a task has
  AlignedFloats weights;
  IntegerTarget target;
};

Plan plan(const Machine& machine, const Region& region) {
  const IntegerLayer layer(region);
  const ConvPicture picture(region);
  const simd::ByteIsa isa = simd::byte_isa(machine.isa);
  const auto numbers = layer.numbers(region);
  const auto form = simd::byte_depthwise_form(isa, picture.in.channels, picture.height.kernel, picture.height.stride);
  AlignedFloats weights = bytes_of_weights(form.groups() * form.group_bytes());
  pack_depthwise(form, numbers.data(), reinterpret_cast<std::byte*>(weights.data()));
  const std::int64_t rows = picture.height.output;
  const std::int64_t strips = strips_of(rows, rows, picture.out.spatial, machine.threads);
  // Rows are computed in pairs.
  const std::int64_t strip = round_up(divide_up(rows, strips), form.rows());
  return {picture,
          layer.source_input,
          static_cast<std::uint8_t>(layer.source.zero_point),
          form,
          simd::byte_depthwise_kernel(isa, form.kernel, form.stride),
          strip,
          std::move(weights),
          IntegerTarget(layer, layer.scales(region, numbers), isa)};
}

void run(const Plan& plan, const KernelArgs& args) {
  const Blocks &in = plan.picture.in, &out = plan.picture.out;
  const Window &height = plan.picture.height, &width = plan.picture.width;
  const simd::ByteTarget target = plan.target.bind(args);
  const std::int64_t strips = divide_up(height.output, plan.strip);
  const std::int64_t groups = plan.form.groups();
  const std::int64_t taps = height.kernel * width.kernel;
  const std::int64_t work = plan.strip * width.output * plan.form.lanes * taps / parallel_products;
  // Where the last group repeats channels of the one before both belong to one task.
  const bool repeats = groups > 1 && plan.form.channels % plan.form.lanes != 0;
  const std::int64_t tasks = repeats ? groups - 1 : groups;
  parallel_for(in.n * strips * tasks, work, [&](std::int64_t task) {
    const std::int64_t image = task / (strips * tasks);
    const std::int64_t first = task / tasks % strips * plan.strip;
    const std::int64_t group = task % tasks;
    plan.kernel({.x = reinterpret_cast<const std::uint8_t*>(args.inputs[plan.source]) + in.plane(image, 0),
                 .weights = reinterpret_cast<const std::byte*>(plan.weights.data()),
                 .form = plan.form,
                 .height = height.input,
                 .width = width.input,
                 .out_width = width.output,
                 .pad_top = height.pad_begin,
                 .pad_left = width.pad_begin,
                 .first_row = first,
                 .end_row = std::min(first + plan.strip, height.output),
                 .first_group = group,
                 .end_group = group + 1 == tasks ? groups : group + 1,
                 .x_zero = plan.x_zero,
                 .offset = out.plane(image, 0),
                 .target = target});
  });
}

/// GFLOP/s, in the measure of onednn/cost.cpp, as depthwise.cpp has them of floats: by the measured ratio to those.
double rate(const simd::ByteIsa& isa, const Window& window) {
  const bool strided = window.stride > 1, wide = window.kernel > 3;
  if (isa.isa == Isa::avx512 && isa.dot) return wide ? (strided ? 57 : 112) : (strided ? 45 : 83);
  if (isa.isa == Isa::avx512) return wide ? (strided ? 52 : 86) : (strided ? 38 : 60);
  return wide ? (strided ? 48 : 65) : (strided ? 50 : 58);
}

}  // namespace

Offer integer_depthwise(const Machine& machine, const Region& region) {
  const IntegerLayer layer(region);
  if (region.node(0).as<Conv>() == nullptr) throw Refused{"no convolution"};
  const ConvPicture picture(region);
  const Window& window = picture.height;
  const bool one_each =
      groups_of(*region.node(0).as<Conv>(), region.type(region.node(0).inputs[0]).shape) == picture.in.channels &&
      picture.out.channels == picture.in.channels;
  if (!one_each) throw Refused{"not one filter per channel"};
  if (!channels_last(picture.in) || !channels_last(picture.out))
    throw Refused{"integers in a layout other than channels-last"};
  const simd::ByteIsa isa = simd::byte_isa(machine.isa);
  if (picture.width.kernel != window.kernel || picture.width.stride != window.stride ||
      simd::byte_depthwise_kernel(isa, window.kernel, window.stride) == nullptr)
    throw Refused{"a depthwise convolution of another kernel or stride"};
  const auto form = simd::byte_depthwise_form(isa, picture.in.channels, window.kernel, window.stride);
  LoopKernelTraits traits{"int8 depthwise"};
  traits.weight_bytes = static_cast<std::size_t>(form.groups() * form.group_bytes());
  const double products = static_cast<double>(window.kernel * window.kernel * form.groups() * form.lanes) /
                          static_cast<double>(form.channels);
  return planned_offer(
      std::move(traits), picture.us(products, rate(isa, window), machine.threads),
      [&machine, region] { return plan(machine, region); }, run);
}

}  // namespace banoff::cpu
