// Matrix products as dot products: one group of threads for each element of the result.
#include <algorithm>

#include "kernels/gpu/chain_builder.hpp"
#include "kernels/gpu/kernels.hpp"
#include "kernels/gpu/walk_plan.hpp"

namespace banoff::gpu {

namespace {

void require_plain(const Region& region) {
  for (const auto* layouts : {&region.input_layouts, &region.output_layouts})
    for (const Layout layout : *layouts)
      if (layout != Layout::plain) throw Refused{"a matrix product in a layout other than plain"};
}

Shares shares_of(std::int64_t outputs, std::int64_t size) {
  constexpr int most_parts = 128;
  Shares shares{as_int(outputs), 1, 1};
  while (shares.height < most_parts && shares.height * 4 <= size) shares.height *= 2;
  return shares;
}

/// The bias, and what follows the product.
DescribedChain chain_of(const Region& region) {
  ChainBuilder builder(region);
  builder.add_bias(floats(region, region.node(0), Slot::bias), region.type(region.outputs[0]).shape.rank() - 1);
  builder.add_tail();
  return builder.finish();
}

/// Where each matrix of a batch starts in an operand whose leading dimensions broadcast to those of `shape`.
Strided batches(const Shape& operand, const Shape& shape) {
  const std::size_t count = shape.rank() - 2;
  if (count > Strided::most_dims) throw Refused{"a matrix product of rank " + std::to_string(shape.rank())};
  const auto own = strides_of(operand, Layout::plain);
  const std::size_t missing = shape.rank() - operand.rank();
  std::vector<WalkedAxis<1>> axes;
  for (std::size_t d = 0; d < count; ++d) {
    const bool repeated = d < missing || operand[d - missing] == 1;
    axes.push_back({shape[d], {repeated ? 0 : own[d - missing]}});
  }
  return walked<Strided>(axes);
}

double product_us(std::int64_t outputs, std::int64_t size) {
  return 2.0 + static_cast<double>(outputs) * static_cast<double>(size) / 1e6;
}

bool takes_packs(std::int64_t size, DType type) { return size % (16 / static_cast<std::int64_t>(size_of(type))) == 0; }

}  // namespace

JobOffer dense(const Context& context, const Region& region) {
  require_float_chain(region);
  require_plain(region);
  const Node& node = region.node(0);
  const Shape& x = region.type(node.inputs[0]).shape;
  const Shape& y = region.type(node.outputs[0]).shape;
  Dot job;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.size = as_int(x.back());
  job.columns = as_int(y.back());
  job.rows = as_int(y.elements() / std::max<std::int64_t>(y.back(), 1));
  job.a_row = job.b_column = job.size;
  job.packed = takes_packs(job.size, job.type);
  job.shares = shares_of(y.elements(), job.packed ? job.size / 4 : job.size);
  (void)chain_of(region);  // refuses what cannot follow
  const std::size_t source = input_of(region, node.inputs[0]);
  return job_offer(context, {"dot"}, product_us(y.elements(), job.size), [region, job, source](Uploads& uploads) {
    Dot loaded = job;
    loaded.b = uploads.add(floats(region, region.node(0), Slot::weight), job.type);
    loaded.chain = chain_of(region).uploaded(uploads);
    return [loaded, source](const KernelArgs& args, Queue& queue) {
      Dot ready = loaded;
      ready.chain = bound(loaded.chain, args);
      ready.a = args.inputs[source];
      ready.y = args.outputs[0];
      queue.launch(ready);
    };
  });
}

JobOffer matrix_product(const Context& context, const Region& region) {
  require_float_chain(region);
  require_plain(region);
  const Node& node = region.node(0);
  const auto& op = *node.as<MatMul>();
  const Shape& a = region.type(node.inputs[0]).shape;
  const Shape& b = region.type(node.inputs[1]).shape;
  const Shape& y = region.type(node.outputs[0]).shape;
  Dot job;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.rows = as_int(y[y.rank() - 2]);
  job.columns = as_int(y.back());
  job.size = as_int(op.transpose_a ? a[a.rank() - 2] : a.back());
  job.a_row = op.transpose_a ? 1 : job.size;
  job.a_step = op.transpose_a ? job.rows : 1;
  job.b_column = op.transpose_b ? job.size : 1;
  job.b_step = op.transpose_b ? 1 : job.columns;
  job.a_batch = batches(a, y);
  job.b_batch = batches(b, y);
  job.packed = !op.transpose_a && op.transpose_b && takes_packs(job.size, job.type);
  job.shares = shares_of(y.elements(), job.size);
  (void)chain_of(region);  // refuses what cannot follow
  const std::size_t left = input_of(region, node.inputs[0]);
  const std::size_t right = input_of(region, node.inputs[1]);
  const double us = 4 * product_us(y.elements(), job.size);
  return job_offer(context, {"dot"}, us, [region, job, left, right](Uploads& uploads) {
    Dot loaded = job;
    loaded.chain = chain_of(region).uploaded(uploads);
    return [loaded, left, right](const KernelArgs& args, Queue& queue) {
      Dot ready = loaded;
      ready.chain = bound(loaded.chain, args);
      ready.a = args.inputs[left];
      ready.b = args.inputs[right];
      ready.y = args.outputs[0];
      queue.launch(ready);
    };
  });
}

}  // namespace banoff::gpu
