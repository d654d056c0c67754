// Elementwise kernels.
#include <algorithm>

#include "kernels/gpu/chain_builder.hpp"
#include "kernels/gpu/kernels.hpp"

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

}  // namespace

Made pointwise(const Context& context, const Region& region) {
  require_float_chain(region);
  if (region.inputs.empty()) throw Refused{"no input"};
  Uploads uploads(*context.backend, region.estimate);
  ChainBuilder builder(region, uploads);
  const Node& first = region.node(0);
  const std::optional<ValueId> source = source_of(region, first);
  if (!source) builder.start_with(first.inputs.at(0));
  for (std::size_t i = 0; i < region.nodes.size(); ++i) {
    const ValueId start = source ? *source : first.inputs[0];
    builder.add(region.node(i), i == 0 ? start : region.node(i - 1).outputs[0]);
  }
  Pointwise job;
  job.chain = builder.finish();
  const Shape& shape = region.type(region.outputs[0]).shape;
  job.type = context.storage(region.type(region.outputs[0]).dtype);
  job.count = as_int(shape.elements());
  job.packed = job.count % (16 / static_cast<int>(size_of(job.type))) == 0;
  const int from = source ? static_cast<int>(input_of(region, *source)) : none;
  KernelTraits traits{"pointwise", pass_us(context, region)};
  // An element is read before it is written, unless a broadcast operand lies in the same memory.
  const auto& full = builder.full_operands();
  const auto only_whole = [&](int input) {
    return std::all_of(job.chain.step, job.chain.step + job.chain.count, [&](const ChainStep& step) {
      const bool reads = step.kind == StepKind::combine || step.kind == StepKind::start;
      return !reads || step.full || step.input != input;
    });
  };
  for (int input = 0; input < static_cast<int>(region.inputs.size()); ++input) {
    const bool whole = input == from || std::ranges::find(full, input) != full.end();
    if (whole && only_whole(input)) traits.overwrites.push_back(input);
  }
  return std::make_unique<JobKernel>(std::move(traits), uploads, [job, from](const KernelArgs& args, Queue& queue) {
    Pointwise ready = job;
    ready.chain = bound(job.chain, args);
    ready.x = from == none ? nullptr : args.inputs[static_cast<std::size_t>(from)];
    ready.y = args.outputs[0];
    queue.launch(ready);
  });
}

Made local_response(const Context& context, const Region& region) {
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
  Uploads uploads(*context.backend, region.estimate);
  return made("lrn", 2 * pass_us(context, region), uploads, job);
}

Made convert(const Context& context, const Region& region) {
  const Node& node = only_node(region);
  const TensorType& in = region.type(node.inputs[0]);
  const TensorType& out = region.type(node.outputs[0]);
  if (!same_bytes(in.shape, region.input_layouts[0], region.output_layouts[0])) throw Refused{"layouts differ"};
  Convert job;
  job.from = context.storage(in.dtype);
  job.to = context.storage(out.dtype);
  job.count = as_int(in.shape.elements());
  Uploads uploads(*context.backend, region.estimate);
  return made("convert", pass_us(context, region), uploads, job);
}

}  // namespace banoff::gpu
