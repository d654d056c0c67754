// Pooling and linear resizing.
#include "kernels/gpu/kernels.hpp"
#include "kernels/resample.hpp"

namespace banoff::gpu {

namespace {

/// The layout of a region of one node whose input and output have the same.
Layout one_layout(const Region& region) {
  require_float_chain(region);
  if (region.nodes.size() != 1) throw Refused{"windows of one op at a time"};
  if (region.input_layouts[0] != region.output_layouts[0]) throw Refused{"layouts differ"};
  return region.input_layouts[0];
}

bool takes_packs(int lanes, DType type) { return lanes % (16 / static_cast<int>(size_of(type))) == 0; }

void set_windows(PoolWindows& job, const Pool& op, const Shape& in) {
  const auto spatial = windows(op, in);
  for (std::size_t d = 0; d < spatial.size(); ++d) {
    const Window& w = spatial[d];
    (void)as_int(w.pad_begin + w.pad_end + w.input + (w.kernel - 1) * w.dilation + w.stride);  // what positions reach
    job.axis[d + 3 - spatial.size()] = {as_int(w.kernel), as_int(w.stride), as_int(w.dilation), as_int(w.pad_begin),
                                        as_int(w.pad_end)};
  }
  job.max = op.kind == PoolKind::max;
  job.count_padding = op.kind == PoolKind::avg && op.count_include_pad;
}

}  // namespace

JobOffer pool(const Context& context, const Region& region) {
  const Layout layout = one_layout(region);
  const Node& node = region.node(0);
  const Shape& in = region.type(node.inputs[0]).shape;
  const Shape& out = region.type(node.outputs[0]).shape;
  PoolWindows job;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.pixels = pixels_of(in, out, layout);
  job.packed = takes_packs(job.pixels.lanes, job.type);
  if (const auto* op = node.as<Pool>()) set_windows(job, *op, in);
  else job.adaptive = true;
  (void)as_int(in.elements()), (void)as_int(out.elements());
  // In plain layout neighbours in a row are read by other threads at other times.
  const double slower = layout == Layout::plain ? 2.0 : 1.0;
  return single_job(context, "pool", slower * pass_us(context, region), job);
}

JobOffer resize(const Context& context, const Region& region) {
  const Node& node = region.node(0);
  const auto& op = *node.as<Resize>();
  if (op.mode == ResizeMode::nearest) return movement(context, region);
  const Layout layout = one_layout(region);
  const Shape& in = region.type(node.inputs[0]).shape;
  const Shape& out = region.type(node.outputs[0]).shape;
  ResizeLinear job;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.pixels = pixels_of(in, out, layout);
  (void)as_int(in.elements()), (void)as_int(out.elements());
  const auto upload = [op, in, out](ResizeLinear& loaded, Uploads& uploads) {
    for (std::size_t d = 0; d < 3; ++d) {
      const std::size_t missing = 5 - in.rank();
      LinearIndices at{{0}, {0}, {0.0F}};
      if (d >= missing) at = linear_indices(op, d - missing, in[d - missing + 2], out[d - missing + 2]);
      loaded.low[d] = uploads.add(std::vector<int>(at.low.begin(), at.low.end()));
      loaded.high[d] = uploads.add(std::vector<int>(at.high.begin(), at.high.end()));
      loaded.t[d] = uploads.add(at.t);
    }
  };
  return single_job(context, "resize", 1.5 * pass_us(context, region), job, upload);
}

}  // namespace banoff::gpu
