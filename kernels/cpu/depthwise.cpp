// Convolutions of pictures in small groups of channels: depthwise, one filter of 3x3, 5x5 or 7x7 per channel, or 3x3 in
// groups that a vector holds whole.
#include <algorithm>

#include "kernels/cpu/halves.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/picture.hpp"
#include "kernels/cpu/simd/depthwise.hpp"
#include "kernels/cpu/tail.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

/// Of channels-last pictures so many bytes are worked on, channels and all, before the next rows: they stay in the
/// second-level cache.
constexpr std::int64_t strip_bytes = 1024 * 1024;

struct DepthwisePlan {
  ConvPicture picture;
  std::int64_t lanes;
  std::int64_t group;  ///< channels; they divide a vector
  std::int64_t strip;  ///< rows of the output that a task has
  PackedFloats weights;
  AlignedFloats bias;
  TailPlan tail;
  simd::DepthwiseKernel kernel;
  simd::HalfDepthwiseKernel half_kernel = nullptr;  ///< of values in 16 bits, instead of the other
  std::vector<std::int32_t> partners = {};          ///< as simd::DepthwiseRows has them

  [[nodiscard]] bool last() const { return channels_last(picture.in); }
  [[nodiscard]] std::int64_t channels() const { return picture.in.channels; }
  /// Where the channels are no multiple of a vector, the last vector of a channels-last picture begins early enough to
  /// be whole, and repeats some of the one before: both belong to one task.
  [[nodiscard]] bool repeats() const { return last() && channels() % lanes != 0; }
  [[nodiscard]] std::int64_t vectors() const { return divide_up(channels(), lanes); }
  [[nodiscard]] std::int64_t first_channel(std::int64_t vector) const {
    return last() ? std::min(vector * lanes, channels() - lanes) : vector * lanes;
  }
};

/// Of a group's channels each reads all in turn: in turn `distance` that whose number differs in these bits.
std::int64_t partner(std::int64_t lane, std::int64_t distance) { return lane ^ distance; }

/// [channel][channel of its group][kernel][kernel] as [vector][kernel row][group][kernel column][lanes].
AlignedFloats by_vector(std::span<const float> values, const DepthwisePlan& plan) {
  const std::int64_t kernel = plan.picture.height.kernel;
  const std::int64_t group = plan.group;
  AlignedFloats packed(static_cast<std::size_t>(plan.vectors() * kernel * group * kernel * plan.lanes));
  float* to = packed.data();
  for (std::int64_t v = 0; v < plan.vectors(); ++v) {
    for (std::int64_t at = 0; at < kernel * group * kernel; ++at, to += plan.lanes) {
      const std::int64_t distance = at / kernel % group;
      const std::int64_t tap = at / kernel / group * kernel + at % kernel;
      for (std::int64_t lane = 0; lane < plan.lanes && plan.first_channel(v) + lane < plan.channels(); ++lane) {
        const std::int64_t source = (plan.first_channel(v) + lane) * group + partner(lane % group, distance);
        to[lane] = values[static_cast<std::size_t>(source * kernel * kernel + tap)];
      }
    }
  }
  return packed;
}

std::int64_t channels_of_group(const Region& region) {
  const Shape& x = region.type(region.node(0).inputs[0]).shape;
  return x[1] / groups_of(*region.node(0).as<Conv>(), x);
}

DepthwisePlan plan_depthwise(const Machine& machine, const Region& region, TailOf result) {
  ConvPicture picture(region);
  const Window& height = picture.height;
  const bool halves = result == TailOf::halves;
  const Isa isa = halves ? simd::half_isa(machine.isa) : machine.isa;
  const std::int64_t row_bytes = (halves ? 2 : 4) * height.stride * picture.width.input * picture.in.lanes;
  const std::int64_t most =
      channels_last(picture.in) ? std::max<std::int64_t>(1, strip_bytes / row_bytes) : height.output;
  const std::int64_t strips = strips_of(height.output, most, picture.out.spatial, machine.threads);
  const std::int64_t strip = divide_up(height.output, strips);
  const std::int64_t group = channels_of_group(region);
  const auto kernel = group == 1 ? simd::depthwise_kernel : simd::grouped_kernel;
  DepthwisePlan plan{std::move(picture),
                     lanes_of(isa),
                     group,
                     strip,
                     nullptr,
                     by_channel(bias_of(region)),
                     TailPlan(region, 1, TailOutline(region, 1, result)),
                     halves ? nullptr : kernel(isa, height.kernel, height.stride)};
  if (halves) plan.half_kernel = simd::half_depthwise_kernel(isa, height.kernel, height.stride);
  for (std::int64_t at = 0; group > 1 && at < group * plan.lanes; ++at)
    plan.partners.push_back(static_cast<std::int32_t>(partner(at % plan.lanes, at / plan.lanes)));
  const std::string form = plan.last() ? "depthwise, channels last by " : "depthwise, blocked by ";
  plan.weights =
      machine.packed(region, form + std::to_string(plan.lanes), [&](auto values) { return by_vector(values, plan); });
  return plan;
}

simd::DepthwiseKernel kernel_of(const DepthwisePlan& plan, float) { return plan.kernel; }
simd::HalfDepthwiseKernel kernel_of(const DepthwisePlan& plan, simd::HalfFloat) { return plan.half_kernel; }

/// Rows [first, end) of one image and vector.
template <class T>
void run_rows(const DepthwisePlan& plan, const KernelArgs& args, const simd::Tail& tail, std::int64_t image,
              std::int64_t vector, std::int64_t first, std::int64_t end) {
  const auto& [in, out, height, width, source] = plan.picture;
  const std::int64_t channel = plan.first_channel(vector);
  const std::int64_t block = plan.last() ? 0 : vector;
  const std::int64_t lane = plan.last() ? channel : 0;
  const std::int64_t left = plan.channels() - channel;
  kernel_of(plan,
            T{})({.x = reinterpret_cast<const T*>(args.inputs[source]) + in.plane(image, block) + lane,
                  .weights = plan.weights->data() + vector * height.kernel * plan.group * width.kernel * plan.lanes,
                  .bias = plan.bias.data() + channel,
                  .x_pixel = in.lanes,
                  .y_pixel = out.lanes,
                  .height = height.input,
                  .width = width.input,
                  .out_width = width.output,
                  .pad_top = height.pad_begin,
                  .pad_left = width.pad_begin,
                  .first_row = first,
                  .end_row = end,
                  .group = plan.group,
                  .partners = plan.partners.data(),
                  .target = {reinterpret_cast<T*>(args.outputs[0]), tail, true},
                  .offset = out.plane(image, block) + lane,
                  .channel = channel,
                  .last_lanes = left < plan.lanes ? left : 0});
}

template <class T>
void run_depthwise(const DepthwisePlan& plan, const KernelArgs& args) {
  TailPlan::Steps steps;
  const simd::Tail tail = plan.tail.bind(args, steps);
  const std::int64_t rows = plan.picture.height.output;
  const std::int64_t strips = divide_up(rows, plan.strip);
  const std::int64_t vectors = plan.vectors() - (plan.repeats() ? 1 : 0);
  const std::int64_t taps = plan.picture.height.kernel * plan.group * plan.picture.width.kernel;
  const std::int64_t work = plan.strip * plan.picture.width.output * plan.lanes * taps / parallel_products;
  parallel_for(plan.picture.in.n * strips * vectors, work, [&](std::int64_t task) {
    const std::int64_t image = task / (strips * vectors);
    const std::int64_t first = task / vectors % strips * plan.strip;
    const std::int64_t end = std::min(first + plan.strip, rows);
    const std::int64_t vector = task % vectors;
    run_rows<T>(plan, args, tail, image, vector, first, end);
    if (plan.repeats() && vector + 1 == vectors) run_rows<T>(plan, args, tail, image, vector + 1, first, end);
  });
}

/// GFLOP/s, in the measure of onednn/cost.cpp: there the peak of a core is 104.
double rate(Isa isa, const ConvPicture& picture) {
  const bool last = channels_last(picture.in);
  const bool strided = picture.height.stride > 1;
  if (isa != Isa::avx512) {
    if (strided) return last ? 40 : 48;
    return picture.height.kernel > 3 ? (last ? 57 : 78) : (last ? 52 : 64);
  }
  if (picture.height.kernel > 3) return strided ? (last ? 48 : 62) : (last ? 76 : 88);
  return strided ? (last ? 29 : 36) : (last ? 57 : 66);
}

/// The same of values in 16 bits, which are half the memory.
double half_rate(Isa isa, const ConvPicture& picture) { return (isa == Isa::avx512 ? 1.3 : 1.0) * rate(isa, picture); }

/// The same of groups, where the library has 91 and 81, and takes 1.8 and 1.6 times as long in groups of 8 channels.
double grouped_rate(const ConvPicture& picture) { return picture.height.stride > 1 ? 130 : 165; }

/// From here on the library computes a group as a convolution of its own as fast.
constexpr std::int64_t widest_group = 8;

/// The offer of a convolution in groups of `group` channels, as many in as out.
Offer offer_of(const Machine& machine, const Region& region, const ConvPicture& picture, std::int64_t group) {
  const std::int64_t lanes = lanes_of(machine.isa);
  const std::int64_t channels = picture.in.channels;
  const bool last = channels_last(picture.in);
  const std::string name = group == 1 ? "depthwise" : "grouped";
  if (region.output_layouts[0] != region.input_layouts[picture.source] ||
      (last ? channels < lanes : picture.in.lanes != lanes))
    throw Refused{"a " + name + " convolution in another layout"};
  const TailOutline tail(region, 1);
  LoopKernelTraits traits{name};
  const std::int64_t products = picture.height.kernel * picture.width.kernel * group;
  traits.weight_bytes = static_cast<std::size_t>(4 * round_up(channels, lanes) * products);
  const double gflops = group == 1 ? rate(machine.isa, picture) : grouped_rate(picture);
  const double us =
      picture.us(static_cast<double>(products), gflops, machine.threads) + tail.us(picture.out.elements(), machine);
  return planned_offer(
      std::move(traits), us, [&machine, region] { return plan_depthwise(machine, region, TailOf::floats); },
      run_depthwise<float>);
}

bool square(const ConvPicture& picture) {
  return picture.height.kernel == picture.width.kernel && picture.height.stride == picture.width.stride;
}

}  // namespace

Offer depthwise(const Machine& machine, const Region& region) {
  const ConvPicture picture(region);
  if (channels_of_group(region) != 1 || picture.out.channels != picture.in.channels)
    throw Refused{"not one filter per channel"};
  if (!square(picture) || simd::depthwise_kernel(machine.isa, picture.height.kernel, picture.height.stride) == nullptr)
    throw Refused{"a depthwise convolution of another kernel or stride"};
  return offer_of(machine, region, picture, 1);
}

Offer half_depthwise(const Machine& machine, const Region& region) {
  require_convolution_of_halves(region);
  const ConvPicture picture(region);
  const Isa isa = simd::half_isa(machine.isa);
  if (channels_of_group(region) != 1 || picture.out.channels != picture.in.channels)
    throw Refused{"not one filter per channel"};
  if (!square(picture) || simd::half_depthwise_kernel(isa, picture.height.kernel, picture.height.stride) == nullptr)
    throw Refused{"a depthwise convolution of another kernel or stride"};
  if (picture.in.channels < lanes_of(isa)) throw Refused{"fewer channels than a vector has"};
  const TailOutline tail(region, 1, TailOf::halves);
  LoopKernelTraits traits{"bf16 depthwise"};
  const std::int64_t products = picture.height.kernel * picture.width.kernel;
  traits.weight_bytes = static_cast<std::size_t>(4 * round_up(picture.in.channels, lanes_of(isa)) * products);
  const double us = half_conv_us(picture, static_cast<double>(products), half_rate(isa, picture), machine.threads) +
                    tail.us(picture.out.elements(), machine);
  return planned_offer(
      std::move(traits), us, [&machine, region] { return plan_depthwise(machine, region, TailOf::halves); },
      run_depthwise<simd::HalfFloat>);
}

Offer grouped(const Machine& machine, const Region& region) {
  const ConvPicture picture(region);
  const std::int64_t group = channels_of_group(region);
  if (picture.out.channels != picture.in.channels) throw Refused{"a grouped convolution of other outputs than inputs"};
  if (group == 1 || group > widest_group || lanes_of(machine.isa) % group != 0)
    throw Refused{"groups other than of 2, 4 or 8 channels that divide a vector"};
  if (!square(picture) || simd::grouped_kernel(machine.isa, picture.height.kernel, picture.height.stride) == nullptr)
    throw Refused{"a grouped convolution of another kernel or stride"};
  return offer_of(machine, region, picture, group);
}

}  // namespace banoff::cpu
