// Elementwise kernels.
#include <algorithm>

#include "kernels/gpu/chain_builder.hpp"
#include "kernels/gpu/kernels.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::gpu {

namespace {

/// The operand that the chain runs over: a whole one in the layout of the result.
std::optional<ValueId> source_of(const Region& region, const Node& first) {
  const Shape& shape = region.type(region.outputs[0]).shape;
  for (const ValueId value : first.inputs) {
    const Layout layout = region.input_layouts[input_of(region, value)];
    if (region.type(value).shape == shape && same_bytes(shape, layout, region.output_layouts[0])) return value;
  }
  return std::nullopt;
}

/// The region's nodes on `source`, or on a first operand that is broadcast.
DescribedChain chain_of(const Region& region, std::optional<ValueId> source) {
  ChainBuilder builder(region);
  const Node& first = region.node(0);
  if (!source) builder.start_with(first.inputs.at(0));
  builder.add(first, source ? *source : first.inputs[0]);
  builder.add_tail();
  return builder.finish();
}

}  // namespace

JobOffer pointwise(const Context& context, const Region& region) {
  require_float_chain(region);
  if (region.inputs.empty()) throw Refused{"no input"};
  const std::optional<ValueId> source = source_of(region, region.node(0));
  const DescribedChain chain = chain_of(region, source);
  Pointwise job;
  const Shape& shape = region.type(region.outputs[0]).shape;
  job.type = context.storage(region.type(region.outputs[0]).dtype);
  job.count = as_int(shape.elements());
  job.packed = job.count % (16 / static_cast<int>(size_of(job.type))) == 0;
  const int from = source ? static_cast<int>(input_of(region, *source)) : none;
  KernelTraits traits{"pointwise"};
  // An element is read before it is written, unless a broadcast operand lies in the same memory.
  const auto& full = chain.full_operands;
  const auto only_whole = [&](int input) {
    return std::all_of(chain.chain.step, chain.chain.step + chain.chain.count, [&](const ChainStep& step) {
      const bool reads = step.kind == StepKind::combine || step.kind == StepKind::start;
      return !reads || step.full || step.input != input;
    });
  };
  for (int input = 0; input < static_cast<int>(region.inputs.size()); ++input) {
    const bool whole = input == from || std::ranges::find(full, input) != full.end();
    if (whole && only_whole(input)) traits.overwrites.push_back(input);
  }
  return job_offer(context, traits, pass_us(context, region), [region, source, job, from](Uploads& uploads) {
    Pointwise loaded = job;
    loaded.chain = chain_of(region, source).uploaded(uploads);
    return [loaded, from](const KernelArgs& args, Queue& queue) {
      Pointwise ready = loaded;
      ready.chain = bound(loaded.chain, args);
      ready.x = from == none ? nullptr : args.inputs[static_cast<std::size_t>(from)];
      ready.y = args.outputs[0];
      queue.launch(ready);
    };
  });
}

JobOffer local_response(const Context& context, const Region& region) {
  require_float_chain(region);
  const Node& node = only_node(region);
  const auto& op = *node.as<Lrn>();
  const Shape& shape = region.type(node.inputs[0]).shape;
  if (!same_bytes(shape, region.input_layouts[0], region.output_layouts[0])) throw Refused{"layouts differ"};
  LocalResponse job;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.count = as_int(shape.elements());
  job.channels = as_int(shape[1]);
  job.inner = as_int(strides_of(shape, region.input_layouts[0])[1]);
  job.before = as_int((op.size - 1) / 2);
  job.behind = as_int(op.size / 2);
  job.alpha = static_cast<float>(op.alpha / static_cast<double>(op.size));
  job.beta = static_cast<float>(op.beta);
  job.bias = static_cast<float>(op.bias);
  return single_job(context, "lrn", 2 * pass_us(context, region), job);
}

JobOffer convert(const Context& context, const Region& region) {
  const Node& node = only_node(region);
  const TensorType& in = region.type(node.inputs[0]);
  const TensorType& out = region.type(node.outputs[0]);
  if (!same_bytes(in.shape, region.input_layouts[0], region.output_layouts[0])) throw Refused{"layouts differ"};
  Convert job;
  job.from = context.storage(in.dtype);
  job.to = context.storage(out.dtype);
  job.count = as_int(in.shape.elements());
  return single_job(context, "convert", pass_us(context, region), job);
}

JobOffer regrid(const Context& context, const Region& region) {
  const Node& node = only_node(region);
  const TensorType& in = region.type(node.inputs[0]);
  const TensorType& out = region.type(node.outputs[0]);
  if (!same_bytes(in.shape, region.input_layouts[0], region.output_layouts[0])) throw Refused{"layouts differ"};
  Regrid job;
  job.from = context.storage(in.dtype);
  job.to = context.storage(out.dtype);
  job.count = as_int(in.shape.elements());
  const auto set = [&job](const auto& op, DType integer) {
    const IntegerRange range = range_of(integer);
    job.scale = static_cast<float>(op.scale);
    job.zero_point = op.zero_point;
    job.low = range.least, job.high = range.most;
  };
  if (const auto* quantize = node.as<Quantize>()) set(*quantize, quantize->to);
  else set(*node.as<Dequantize>(), in.dtype);
  return single_job(context, "regrid", pass_us(context, region), job);
}

}  // namespace banoff::gpu
