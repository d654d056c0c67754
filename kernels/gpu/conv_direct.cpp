// Convolutions by own kernels.
#include <algorithm>

#include "kernels/gpu/chain_builder.hpp"
#include "kernels/gpu/conv_shape.hpp"
#include "kernels/gpu/move_plan.hpp"
#include "kernels/gpu/product.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::gpu {

namespace {

/// The bias, and what follows the convolution.
DescribedChain chain_of(const Region& region) {
  ChainBuilder builder(region);
  builder.add_bias(floats(region, region.node(0), Slot::bias), 1);
  builder.add_tail();
  return builder.finish();
}

}  // namespace

JobOffer direct_convolution(const Context& context, const Region& region, const ConvShape& shape) {
  constexpr std::int64_t image_channels = 8;
  if (shape.source_layout != Layout::channels_last && shape.in() >= image_channels)
    throw Refused{"its input in a layout other than channels-last"};
  DirectConv job;
  job.type = context.storage(region.type(region.outputs[0]).dtype);
  job.pixels = pixels_of(shape.x, shape.y, Layout::channels_last);
  job.transposed = shape.transposed;
  job.in_channels = as_int(shape.in());
  job.in_per_group = as_int(shape.in_per_group);
  job.out_per_group = as_int(shape.out_per_group);
  const bool lane_by_lane = shape.in_per_group == 1 && shape.out_per_group == 1;
  job.packed = lane_by_lane && job.pixels.lanes % (16 / static_cast<int>(size_of(job.type))) == 0;
  for (std::size_t d = 0; d < shape.spatial.size(); ++d) {
    const Window& w = shape.spatial[d];
    job.axis[d + 3 - shape.spatial.size()] = {as_int(w.kernel), as_int(w.stride), as_int(w.dilation),
                                              as_int(w.pad_begin)};
  }
  (void)chain_of(region);  // refuses what cannot follow
  const bool slow = !lane_by_lane;
  const double cost = pass_us(context, region) + shape.flops() / (slow ? 2e6 : 1e7);
  KernelTraits traits{lane_by_lane ? "depthwise" : "direct"};
  std::optional<DescribedMove> pack;  // of an image
  if (shape.source_layout != Layout::channels_last) {
    pack = described(relay(shape.x, shape.source_layout, Layout::channels_last, size_of(job.type)));
    traits.scratch_bytes = static_cast<std::size_t>(shape.x.elements()) * size_of(job.type);
    traits.name = "pack+" + traits.name;
  }
  return job_offer(context, traits, cost, [region, job, pack](Uploads& uploads) {
    const ConvShape given = conv_shape(region);
    DirectConv loaded = job;
    loaded.weights = uploads.add(direct_weights(region, given), job.type);
    loaded.padding = uploads.add(given.padding);
    loaded.chain = chain_of(region).uploaded(uploads);
    const auto packing = pack ? std::optional(pack->uploaded(uploads)) : std::nullopt;
    return [loaded, packing, source = given.source](const KernelArgs& args, Queue& queue) {
      DirectConv ready = loaded;
      ready.chain = bound(loaded.chain, args);
      ready.x = args.inputs[source];
      if (packing) {
        packing->queue(queue, args.inputs[source], args.scratch);
        ready.x = args.scratch;
      }
      ready.y = args.outputs[0];
      queue.launch(ready);
    };
  });
}

namespace {

Product pixel_product(const Context& context, const Region& region) {
  const ConvShape shape = conv_shape(region);
  Product product;
  Dot& job = product.dot;
  job.type = context.storage(region.type(region.outputs[0]).dtype);
  job.size = as_int(shape.in());
  job.columns = as_int(shape.out());
  job.rows = as_int(shape.x[0]);
  job.a_row = job.b_column = job.size;
  const int pack = 16 / static_cast<int>(size_of(job.type));
  job.packed = job.size % pack == 0;
  job.shares = {as_int(shape.y.elements()), 1, 1};
  const int steps = job.packed ? job.size / pack : job.size;
  while (job.shares.height < 128 && job.shares.height * 2 <= steps) job.shares.height *= 2;
  product.problem = ProductProblem{job.type, context.math(), 1, job.rows, job.columns, job.size, false, true};
  product.a_elements = static_cast<std::size_t>(shape.x.elements());
  product.b_elements = static_cast<std::size_t>(shape.in() * shape.out());
  product.left = shape.source;
  product.weights = [&region] {
    const ConvShape given = conv_shape(region);
    return library_weights(region, given, given.in(), given.out());
  };
  product.bias = floats(region, region.node(0), Slot::bias);
  return product;
}

}  // namespace

JobOffer product_convolution(const Context& context, const Region& region) {
  return product_offer(context, region, pass_us(context, region),
                       [&context, region] { return pixel_product(context, region); });
}

}  // namespace banoff::gpu
