// Softmax, norms whose statistics come from their input, the place of the largest element.
#include <algorithm>

#include "kernels/gpu/reduce_plan.hpp"

namespace banoff::gpu {

namespace {

/// Sets what a norm scales by and adds.
auto parameters_of(const Region& region) {
  return [region](Normalise& job, Uploads& uploads) {
    job.scale = uploads.add(floats(region, region.node(0), Slot::weight));
    job.shift = uploads.add(floats(region, region.node(0), Slot::bias));
  };
}

}  // namespace

JobOffer softmax(const Context& context, const Region& region) {
  const Node& node = reduction(region);
  const Shape& shape = region.type(node.inputs[0]).shape;
  const std::size_t axis = resolve_axis(node.as<Softmax>()->axis, shape.rank());
  if (!same_bytes(shape, region.input_layouts[0], region.output_layouts[0])) throw Refused{"layouts differ"};
  SoftmaxRows job;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.size = as_int(shape[axis]);
  job.stride = as_int(strides_of(shape, region.input_layouts[0])[axis]);
  job.shares = shares_of(shape.elements() / job.size, job.size, job.stride > 1);
  return single_job(context, "softmax", 1.5 * pass_us(context, region), job);
}

JobOffer arg_reduce(const Context& context, const Region& region) {
  const Node& node = only_node(region);
  const auto& op = *node.as<ArgReduce>();
  const TensorType& type = region.type(node.inputs[0]);
  if (held(type.dtype) != DType::f32) throw Refused{"integers"};
  if (type.shape.elements() == 0) throw Refused{"nothing to reduce"};
  const std::size_t axis = resolve_axis(op.axis, type.shape.rank());
  const Shape& out = region.type(node.outputs[0]).shape;
  // Along the channels of channels-last the results lie as in the plain order.
  const Layout layout = region.input_layouts[0];
  const bool last = layout == Layout::channels_last && axis == 1;
  if (!last && !same_bytes(type.shape, layout, Layout::plain)) throw Refused{"layouts differ"};
  if (!same_bytes(out, region.output_layouts[0], Layout::plain)) throw Refused{"layouts differ"};
  FindBest job;
  job.type = context.storage(type.dtype);
  job.largest = op.kind == ArgKind::max;
  job.last = op.last;
  job.size = as_int(type.shape[axis]);
  job.stride = as_int(strides_of(type.shape, layout)[axis]);
  (void)as_int(type.shape.elements());
  job.shares = shares_of(out.elements(), job.size, job.stride > 1);
  return single_job(context, "arg_reduce", pass_us(context, region), job);
}

JobOffer group_norm(const Context& context, const Region& region) {
  const Node& node = reduction(region);
  const auto& op = *node.as<GroupNorm>();
  const Shape& shape = region.type(node.inputs[0]).shape;
  const Layout layout = region.input_layouts[0];
  if (layout != region.output_layouts[0]) throw Refused{"layouts differ"};
  const std::int64_t groups = op.groups == 0 ? shape[1] : op.groups;
  const std::int64_t per_group = shape[1] / groups;
  const std::int64_t pixels = shape.elements(2, shape.rank());
  const bool last = layout == Layout::channels_last && shape.rank() > 2;
  const std::int64_t channel = last ? 1 : pixels;
  const std::int64_t pixel = last ? shape[1] : 1;
  Normalise job;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.output = walked<Strided>({{shape[0], {shape[1] * pixels}}, {groups, {per_group * channel}}});
  job.element = last ? walked<Strided>({{pixels, {pixel}}, {per_group, {channel}}})
                     : walked<Strided>({{per_group, {channel}}, {pixels, {pixel}}});
  job.size = as_int(per_group * pixels);
  job.shares = shares_of(shape[0] * groups, job.size, runs_in_ones(job.output) && per_group == 1);
  job.eps = static_cast<float>(op.eps);
  job.groups = as_int(groups);
  job.per_group = as_int(per_group);
  job.inner = last ? 1 : as_int(pixels);
  return single_job(context, "group_norm", 1.5 * pass_us(context, region), job, parameters_of(region));
}

JobOffer layer_norm(const Context& context, const Region& region) {
  const Node& node = reduction(region);
  const auto& op = *node.as<LayerNorm>();
  const Shape& shape = region.type(node.inputs[0]).shape;
  if (!same_bytes(shape, region.input_layouts[0], region.output_layouts[0])) throw Refused{"layouts differ"};
  const auto stride = strides_of(shape, region.input_layouts[0]);
  // The parameters lie in the order in which the op lists its axes.
  std::vector<WalkedAxis<1>> normalised, rest;
  std::vector<bool> taken(shape.rank(), false);
  for (const std::int64_t listed : op.axes) {
    const std::size_t axis = resolve_axis(listed, shape.rank());
    normalised.push_back({shape[axis], {stride[axis]}});
    taken[axis] = true;
  }
  for (const std::size_t axis : memory_order(shape.rank(), region.input_layouts[0]))
    if (!taken[axis]) rest.push_back({shape[axis], {stride[axis]}});
  Normalise job;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.output = walked<Strided>(rest);
  job.element = walked<Strided>(normalised);
  std::int64_t size = 1;
  for (const auto& axis : normalised) size *= axis.extent;
  job.size = as_int(size);
  job.shares = shares_of(shape.elements() / size, size, !runs_in_ones(job.element) && runs_in_ones(job.output));
  job.eps = static_cast<float>(op.eps);
  job.per_group = job.size;
  return single_job(context, "layer_norm", 1.5 * pass_us(context, region), job, parameters_of(region));
}

}  // namespace banoff::gpu
