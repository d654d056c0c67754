// Ops on single elements and on places.
#include "kernels/gpu/kernels.hpp"
#include "kernels/gpu/walk_plan.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::gpu {

namespace {

/// The axes in the order of the result's memory.
template <int operands>
std::vector<WalkedAxis<operands>> in_memory(const std::vector<WalkedAxis<operands>>& axes, Layout layout) {
  std::vector<WalkedAxis<operands>> sorted;
  for (const std::size_t a : memory_order(axes.size(), layout)) sorted.push_back(axes[a]);
  return sorted;
}

std::vector<std::int64_t> read(const Region& region, ValueId value) {
  return strides_of(region.type(value).shape, region.input_layouts[input_of(region, value)]);
}

void set_function(Function& job, const Node& node) {
  if (const auto* unary = node.as<Unary>()) {
    job.unary = unary->kind;
  } else if (const auto* binary = node.as<Binary>()) {
    job.kind = FunctionKind::arithmetic;
    job.arithmetic = binary->kind;
  } else if (const auto* compare = node.as<Compare>()) {
    job.kind = FunctionKind::compare;
    job.compare = compare->kind;
  } else if (const auto* pair = node.as<Pair>()) {
    job.kind = FunctionKind::pair;
    job.pair = pair->kind;
    if (pair->kind == PairKind::pow && !is_real(job.from)) throw Refused{"powers of integers"};
  } else {
    job.kind = FunctionKind::where;
  }
}

}  // namespace

JobOffer function(const Context& context, const Region& region) {
  const Node& node = only_node(region);
  const TensorType& out = region.type(node.outputs[0]);
  constexpr int operands = Function::most_operands;
  Function job;
  job.from = context.storage(region.type(node.inputs.back()).dtype);
  job.to = context.storage(out.dtype);
  set_function(job, node);
  job.count = as_int(out.shape.elements());
  std::vector<WalkedAxis<operands>> axes(out.shape.rank());
  for (std::size_t a = 0; a < axes.size(); ++a) axes[a].extent = out.shape[a];
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Shape& shape = region.type(node.inputs[i]).shape;
    const auto strides = read(region, node.inputs[i]);
    const std::size_t added = axes.size() - shape.rank();
    for (std::size_t d = 0; d < shape.rank(); ++d)
      if (shape[d] != 1) axes[added + d].stride[i] = strides[d];
    places.push_back(input_of(region, node.inputs[i]));
  }
  job.walked = walked<decltype(job.walked)>(in_memory(axes, region.output_layouts[0]));
  return ready_offer(context, {"function"}, pass_us(context, region),
                     [job, places](const KernelArgs& args, Queue& queue) {
                       Function ready = job;
                       for (std::size_t i = 0; i < places.size(); ++i) ready.x[i] = args.inputs[places[i]];
                       ready.y = args.outputs[0];
                       queue.launch(ready);
                     });
}

JobOffer take(const Context& context, const Region& region) {
  const Node& node = only_node(region);
  const TensorType& x = region.type(node.inputs[0]);
  const Shape& indices = region.type(node.inputs[1]).shape;
  const Shape& out = region.type(node.outputs[0]).shape;
  const auto* slices = node.as<Gather>();
  const std::size_t rank = x.shape.rank();
  const std::size_t axis = resolve_axis(slices != nullptr ? slices->axis : node.as<GatherElements>()->axis, rank);
  const auto from = read(region, node.inputs[0]), by = read(region, node.inputs[1]);
  std::vector<WalkedAxis<2>> axes;
  // Gather puts all of the indices' axes in place of one of x; GatherElements walks both side by side.
  for (std::size_t d = 0; d < rank; ++d) {
    if (slices == nullptr) axes.push_back({indices[d], {d == axis ? 0 : from[d], by[d]}});
    else if (d != axis) axes.push_back({x.shape[d], {from[d], 0}});
    else
      for (std::size_t i = 0; i < indices.rank(); ++i) axes.push_back({indices[i], {0, by[i]}});
  }
  Take job;
  job.count = as_int(out.elements());
  job.unit = static_cast<int>(size_of(context.storage(x.dtype)));
  job.index_type = region.type(node.inputs[1]).dtype;
  job.size = as_int(x.shape[axis]);
  job.step = as_int(from[axis]);
  (void)as_int(x.shape.elements());
  job.walked = walked<decltype(job.walked)>(in_memory(axes, region.output_layouts[0]));
  const std::size_t values = input_of(region, node.inputs[0]), index = input_of(region, node.inputs[1]);
  return ready_offer(context, {"take"}, pass_us(context, region),
                     [job, values, index](const KernelArgs& args, Queue& queue) {
                       Take ready = job;
                       ready.x = args.inputs[values];
                       ready.index = args.inputs[index];
                       ready.y = args.outputs[0];
                       queue.launch(ready);
                     });
}

}  // namespace banoff::gpu
