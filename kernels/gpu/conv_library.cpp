// Convolutions by the library: what it does not take is put right before and after it.
#include <algorithm>

#include "kernels/gpu/chain_builder.hpp"
#include "kernels/gpu/conv_choice.hpp"
#include "kernels/gpu/conv_shape.hpp"
#include "kernels/gpu/epilogue.hpp"
#include "kernels/gpu/move_plan.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::gpu {

namespace {

constexpr std::size_t alignment = 256;  // of what the device's own allocations begin at

std::size_t aligned(std::size_t bytes) { return round_up(bytes, alignment); }
std::byte* aligned(std::byte* memory) {
  return memory + (alignment - reinterpret_cast<std::uintptr_t>(memory) % alignment) % alignment;
}

/// What tensor cores want the number of channels to divide by.
std::int64_t padded_channels(std::int64_t channels, const Context& context, const ConvShape& shape, DType type) {
  if (type == DType::f32 || context.math() == Math::fma || shape.groups != 1) return channels;
  constexpr std::int64_t multiple = 8;
  return round_up(channels, multiple);
}

/// Whether the library's idea of a transposed convolution gives this size: it is told the result's size, and one pad.
bool fits_transposed(const std::vector<Window>& spatial) {
  return std::ranges::all_of(spatial, [](const Window& w) {
    const std::int64_t reach = w.output + 2 * w.pad_begin - (w.dilation * (w.kernel - 1) + 1);
    return reach >= 0 && reach / w.stride + 1 == w.input;
  });
}

/// The input brought to channels-last, to a number of channels, and into its padding.
MovePlan packing(const ConvShape& s, const std::vector<Window>& spatial, std::int64_t channels, bool pads, DType type) {
  MovePlan plan;
  plan.element = size_of(type);
  Shape wide = s.x;
  wide[1] = channels;
  for (std::size_t d = 0; d < spatial.size(); ++d) wide[d + 2] = spatial[d].input;
  const auto from = strides_of(s.x, s.source_layout);
  const auto to = strides_of(wide, Layout::channels_last);
  for (std::size_t axis = 0; axis < wide.rank(); ++axis) {
    WalkDim way{wide[axis], from[axis], to[axis], {}, axis == 1};
    const std::int64_t begin = pads && axis >= 2 ? s.spatial[axis - 2].pad_begin : 0;
    if (wide[axis] != s.x[axis] || begin != 0) {
      for (std::int64_t i = 0; i < wide[axis]; ++i) {
        const std::int64_t at = i - begin;
        way.table.push_back(at < 0 || at >= s.x[axis] ? -1 : as_int(at * from[axis]));
      }
    }
    plan.ways.push_back(std::move(way));
  }
  if (!s.padding.empty()) {
    std::vector<float> fill = s.padding;
    fill.resize(static_cast<std::size_t>(channels), 0.0F);
    const Tensor values = Tensor::of<float>({channels}, std::move(fill)).as(type);
    plan.fill.assign(values.data(), values.data() + values.bytes());
  }
  return plan;
}

/// A library's call with what stands before and behind it.
struct Call {
  std::shared_ptr<const Convolver> convolver;
  std::optional<ReadyMove> pack, cut;
  std::optional<Interleave> interleave;  ///< in place of `pack`
  ConvArgs args;
  int residual = none;  ///< region input
  std::size_t source = 0;
  std::size_t packed_bytes = 0, whole_bytes = 0;
  Pointwise tail;

  void queue(const KernelArgs& given, Queue& queue) const {
    std::byte* const whole = given.scratch + packed_bytes;
    ConvArgs ready = args;
    ready.x = given.inputs[source];
    ready.y = cut ? whole : given.outputs[0];
    ready.workspace = aligned(whole + whole_bytes);
    if (residual != none) ready.residual = given.inputs[static_cast<std::size_t>(residual)];
    if (interleave) {
      Interleave job = *interleave;
      job.x = ready.x;
      job.y = given.scratch;
      queue.launch(job);
      ready.x = given.scratch;
    } else if (pack) {
      pack->queue(queue, ready.x, given.scratch);
      ready.x = given.scratch;
    }
    convolver->run(queue, ready);
    if (cut) cut->queue(queue, whole, given.outputs[0]);
    if (tail.chain.count == 0) return;
    Pointwise last = tail;
    last.chain = bound(tail.chain, given);
    last.x = last.y = given.outputs[0];
    queue.launch(last);
  }
};

/// What is known of a library's call before anything is made.
struct CallPlan {
  ConvProblem problem;           ///< without what follows
  std::int64_t in = 0, out = 0;  ///< channels, those that fill up included
  std::size_t x_bytes = 0, y_bytes = 0;
  std::optional<DescribedMove> pack, cut;
  std::optional<Interleave> interleave;  ///< instead of `pack`
  DescribedChain chain;                  ///< what follows, behind the bias that the library does not add
  bool absorbs = false;                  ///< whether it may do what follows in the same call
};

bool is_uneven(const ConvShape& s) {
  return std::ranges::any_of(s.spatial, [](const Window& w) { return w.pad_begin != w.pad_end; });
}

/// Padding that differs before and behind is given to the library, or with `packs_uneven` written out before its call.
CallPlan plan_of(const Context& context, const Region& region, const ConvShape& s, bool packs_uneven) {
  const DType type = context.storage(region.type(region.outputs[0]).dtype);
  const bool pads = !s.transposed && (!s.padding.empty() || (packs_uneven && is_uneven(s)));
  if (s.transposed && !fits_transposed(s.spatial)) throw Refused{"an uneven transposed convolution"};
  constexpr std::int64_t image_channels = 8;
  if (s.source_layout != Layout::channels_last && s.in() >= image_channels)
    throw Refused{"its input in a layout other than channels-last"};
  CallPlan plan;
  ConvProblem& problem = plan.problem;
  problem.type = type;
  problem.math = context.math();
  problem.transposed = s.transposed;
  problem.images = as_int(s.x[0]);
  plan.in = padded_channels(s.in(), context, s, type);
  plan.out = padded_channels(s.out(), context, s, type);
  problem.in_channels = as_int(plan.in);
  problem.out_channels = as_int(plan.out);
  problem.groups = as_int(s.groups);
  problem.spatial = s.spatial;
  for (Window& w : problem.spatial) {
    if (pads) w.input += w.pad_begin + w.pad_end, w.pad_begin = w.pad_end = 0;
    if (s.transposed) w.pad_end = w.pad_begin;  // what the result lacks behind is known by its size
  }
  ChainBuilder builder(region);
  const auto bias = floats(region, *s.node, Slot::bias);
  problem.bias = !bias.empty() && !s.transposed;
  if (s.transposed) builder.add_bias(bias, 1);
  builder.add_tail();
  plan.chain = builder.finish();
  plan.absorbs = !s.transposed && plan.out == s.out();
  const auto bytes_of = [&](std::int64_t channels, std::int64_t Window::*size) {
    std::int64_t elements = s.x[0] * channels;
    for (const Window& w : problem.spatial) elements *= w.*size;
    return static_cast<std::size_t>(as_int(elements)) * size_of(type);
  };
  plan.x_bytes = bytes_of(plan.in, &Window::input);
  plan.y_bytes = bytes_of(plan.out, &Window::output);
  if (pads || plan.in != s.in() || s.source_layout != Layout::channels_last)
    plan.pack = described(packing(s, problem.spatial, plan.in, pads, type));
  if (!pads && s.source_layout != Layout::channels_last) plan.interleave = interleaving(s.x, type, plan.in);
  if (plan.out != s.out()) {
    Shape wide = s.y;
    wide[1] = plan.out;
    MovePlan cut = relay(s.y, Layout::channels_last, Layout::channels_last, size_of(type));
    const auto from = strides_of(wide, Layout::channels_last);
    for (std::size_t axis = 0; axis < cut.ways.size(); ++axis) cut.ways[axis].from = from[axis];
    plan.cut = described(std::move(cut));
  }
  return plan;
}

double price(const Context& context, const Region& region, const ConvShape& s, const CallPlan& plan) {
  const Chain& chain = plan.chain.chain;
  const bool passes = !plan.absorbs || most_absorbed(chain) < chain.count;
  const double rate = context.math() == Math::fma ? 2e7 : 2e8;  // operations per microsecond
  const double around = (plan.pack ? pass_us(2.0 * static_cast<double>(plan.x_bytes)) : 0) +
                        (plan.cut ? pass_us(2.0 * static_cast<double>(plan.y_bytes)) : 0) +
                        (passes && chain.count > 0 ? 0.9 * pass_us(2.0 * static_cast<double>(plan.y_bytes)) : 0);
  return around + pass_us(context, region) + s.flops() / rate;
}

/// The library's best way to do as much of what follows as it takes; throws Refused where it takes not even the
/// convolution. Sets what that way needs of the call and its tail's chain.
Choice<ConvArgs> settle(const Context& context, const CallPlan& plan, const Chain& chain, Call& call) {
  for (int count = plan.absorbs ? most_absorbed(chain) : 0;; --count) {
    const Split split = absorbed(chain, count);
    ConvProblem problem = plan.problem;
    problem.epilogue = split.epilogue;
    // The library's calls that take anything behind a convolution take a bias before it.
    if (count > 0) problem.bias = true;
    ConvArgs args = call.args;
    args.lower = split.lower;
    args.upper = split.upper;
    try {
      Choice<ConvArgs> chosen = choose_convolver(context, problem, args);
      call.convolver = chosen.runner;
      call.args = args;
      call.residual = split.residual;
      call.tail.chain = split.rest;
      return chosen;
    } catch (const Refused&) {
      if (count == 0) throw;
    }
  }
}

Made make_call(const Context& context, const Region& region) {
  const ConvShape s = conv_shape(region);
  CallPlan plan = plan_of(context, region, s, false);
  const DType type = plan.problem.type;
  Uploads uploads(*context.backend);
  Call call;
  call.source = s.source;
  auto bias = floats(region, *s.node, Slot::bias);
  bias.resize(static_cast<std::size_t>(plan.out), 0.0F);
  call.args.weights = uploads.add(library_weights(region, s, plan.in, plan.out), type);
  call.args.bias = uploads.add(bias, type);
  const Chain chain = plan.chain.uploaded(uploads);
  Choice<ConvArgs> way;
  try {
    way = settle(context, plan, chain, call);
  } catch (const Refused&) {
    if (plan.problem.is_symmetric()) throw;
    plan = plan_of(context, region, s, true);
    way = settle(context, plan, chain, call);
  }
  if (plan.pack) {
    call.interleave = plan.interleave;
    if (!call.interleave) call.pack = plan.pack->uploaded(uploads);
    call.packed_bytes = aligned(plan.x_bytes);
  }
  if (plan.cut) {
    call.cut = plan.cut->uploaded(uploads);
    call.whole_bytes = aligned(plan.y_bytes);
  }
  call.tail.type = type;
  call.tail.count = as_int(s.y.elements());
  call.tail.packed = call.tail.count % (16 / static_cast<int>(size_of(type))) == 0;
  KernelTraits traits{way.name + (call.tail.chain.count > 0 ? "+pointwise" : "")};
  if (plan.pack) traits.name = "pack+" + traits.name;
  const bool reads_again = std::any_of(chain.step, chain.step + chain.count, [&](const ChainStep& step) {
    return step.kind == StepKind::combine && step.input == static_cast<int>(s.source);
  });
  if (call.interleave && !reads_again) traits.streams.push_back(static_cast<int>(s.source));
  traits.tuned_us = way.us;
  traits.scratch_bytes = call.packed_bytes + call.whole_bytes + alignment + call.convolver->workspace_bytes();
  return std::make_unique<JobKernel>(
      std::move(traits), uploads,
      [call = std::move(call)](const KernelArgs& args, Queue& queue) { call.queue(args, queue); });
}

}  // namespace

JobOffer library_convolution(const Context& context, const Region& region, const ConvShape& shape) {
  // In exact arithmetic the library's calls have one padding for both sides.
  const bool packs_uneven = context.math() == Math::fma;
  const double us = price(context, region, shape, plan_of(context, region, shape, packs_uneven));
  return {{"library"}, us, false, [&context, region] { return make_call(context, region); }};
}

}  // namespace banoff::gpu
