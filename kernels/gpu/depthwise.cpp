// Depthwise convolutions of the usual kinds: which tile, and what follows in the same pass.
#include <cmath>

#include "kernels/gpu/conv_shape.hpp"

namespace banoff::gpu {

namespace {

/// A tail whose values are still in the host's memory.
struct DescribedTail {
  DepthwiseTail tail;
  std::vector<float> bias, lower, upper;

  [[nodiscard]] DepthwiseTail uploaded(Uploads& uploads) const {
    DepthwiseTail result = tail;
    result.bias = uploads.add(bias);
    result.lower = uploads.add(lower);
    result.upper = uploads.add(upper);
    return result;
  }
};

void set_activation(DepthwiseTail& tail, const Activation& activation) {
  using Kind = DepthwiseTail::Kind;
  switch (activation.kind) {
    case ActivationKind::relu: tail.kind = Kind::clip, tail.low = 0, tail.high = INFINITY; return;
    case ActivationKind::clip:
      tail.kind = Kind::clip;
      tail.low = static_cast<float>(activation.alpha);
      tail.high = static_cast<float>(activation.beta);
      return;
    case ActivationKind::silu: tail.kind = Kind::silu; return;
    case ActivationKind::hard_swish: tail.kind = Kind::hard_swish; return;
    default: throw Refused{"an activation that no tile has"};
  }
}

/// The bias, then an activation or bounds; throws Refused for more.
DescribedTail tail_of(const Region& region) {
  DescribedTail result;
  result.bias = floats(region, region.node(0), Slot::bias);
  if (region.nodes.size() == 1) return result;
  if (region.nodes.size() > 2) throw Refused{"more follows than a tile takes"};
  const Node& node = region.node(1);
  if (const auto* activation = node.as<Activation>()) {
    set_activation(result.tail, *activation);
  } else if (const auto* clamp = node.as<Clamp>(); clamp != nullptr && resolve_axis(clamp->axis, 4) == 1) {
    result.tail.kind = DepthwiseTail::Kind::bounds;
    result.lower = floats(region, node, Slot::lower);
    result.upper = floats(region, node, Slot::upper);
  } else {
    throw Refused{"what follows is for the kernel that takes any chain"};
  }
  return result;
}

template <class Tile>
JobOffer offer(const Context& context, const Region& region, const ConvShape& shape) {
  Tile job;
  job.type = context.storage(region.type(region.outputs[0]).dtype);
  const std::int64_t pack = 16 / static_cast<std::int64_t>(size_of(job.type));
  const std::int64_t strips = (shape.y[3] + Tile::strip - 1) / Tile::strip;
  job.channels = as_int(shape.out());
  job.packs = Divisor(as_int(shape.out() / pack));
  job.strips = Divisor(as_int(strips));
  job.height = Divisor(as_int(shape.y[2]));
  job.out_width = as_int(shape.y[3]);
  job.in_height = as_int(shape.x[2]);
  job.in_width = as_int(shape.x[3]);
  job.pad_top = as_int(shape.spatial[0].pad_begin);
  job.pad_left = as_int(shape.spatial[1].pad_begin);
  job.count = as_int(shape.y[0] * shape.y[2] * strips * (shape.out() / pack));
  (void)tail_of(region);  // refuses what cannot follow
  const std::string name = Tile::kernel == 3 ? "depthwise_3x3" : "depthwise_5x5";
  const double cost = pass_us(context, region) + shape.flops() / 2e7;
  return job_offer(context, {name}, cost, [region, job](Uploads& uploads) {
    const ConvShape given = conv_shape(region);
    Tile loaded = job;
    loaded.weights = uploads.add(direct_weights(region, given), job.type);
    if (!given.padding.empty()) loaded.padding = uploads.add(given.padding, job.type);
    loaded.tail = tail_of(region).uploaded(uploads);
    return [loaded, source = given.source](const KernelArgs& args, Queue& queue) {
      Tile ready = loaded;
      ready.x = args.inputs[source];
      ready.y = args.outputs[0];
      queue.launch(ready);
    };
  });
}

}  // namespace

JobOffer depthwise_convolution(const Context& context, const Region& region, const ConvShape& shape) {
  const auto same = [&](auto member) { return shape.spatial[0].*member == shape.spatial[1].*member; };
  const DType type = context.storage(region.type(region.outputs[0]).dtype);
  const bool usual = !shape.transposed && shape.in_per_group == 1 && shape.out_per_group == 1 &&
                     shape.spatial.size() == 2 && same(&Window::kernel) && same(&Window::stride) &&
                     shape.spatial[0].dilation == 1 && shape.spatial[1].dilation == 1 &&
                     shape.source_layout == Layout::channels_last && shape.y.elements() > 0;
  if (!usual || shape.out() % (16 / static_cast<std::int64_t>(size_of(type))) != 0)
    throw Refused{"not a depthwise convolution that a tile is for"};
  // Threads that make several columns read less, where there are enough threads to fill any GPU.
  constexpr std::int64_t many_threads = 1 << 17;
  const auto threads_by = [&](std::int64_t columns) {
    return shape.y.elements() * static_cast<std::int64_t>(size_of(type)) / 16 / columns;
  };
  const bool three = shape.spatial[0].kernel == 3;
  if (!three && shape.spatial[0].kernel != 5) throw Refused{"a window of another size"};
  if (shape.spatial[0].stride == 1) {
    if (threads_by(4) >= many_threads)
      return three ? offer<Depthwise<3, 1, 4>>(context, region, shape)
                   : offer<Depthwise<5, 1, 4>>(context, region, shape);
    return three ? offer<Depthwise<3, 1, 1>>(context, region, shape)
                 : offer<Depthwise<5, 1, 1>>(context, region, shape);
  }
  if (shape.spatial[0].stride != 2) throw Refused{"steps of another size"};
  if (threads_by(2) >= many_threads)
    return three ? offer<Depthwise<3, 2, 2>>(context, region, shape)
                 : offer<Depthwise<5, 2, 2>>(context, region, shape);
  return three ? offer<Depthwise<3, 2, 1>>(context, region, shape) : offer<Depthwise<5, 2, 1>>(context, region, shape);
}

}  // namespace banoff::gpu
