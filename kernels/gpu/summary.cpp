// Means, sums and so on: by a group of threads for each result, or by packs of channels shared out over the GPU.
#include <algorithm>
#include <array>

#include "kernels/gpu/reduce_plan.hpp"
#include "runtime/core/by_enum.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::gpu {

namespace {

SummaryKind summary_of(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::sum: return SummaryKind::sum;
    case ReduceKind::prod: return SummaryKind::prod;
    case ReduceKind::max: return SummaryKind::max;
    case ReduceKind::min: return SummaryKind::min;
    case ReduceKind::mean: return SummaryKind::mean;
  }
  return SummaryKind::sum;
}

struct Summarised {
  SummaryKind kind = SummaryKind::mean;
  std::vector<bool> axes;
};

Summarised summarised(const Node& node, std::size_t rank) {
  Summarised result{SummaryKind::mean, std::vector<bool>(rank, false)};
  if (const auto* op = node.as<Reduce>()) {
    for (const std::int64_t axis : op->axes) result.axes[resolve_axis(axis, rank)] = true;
    result.kind = summary_of(op->kind);
  } else {
    std::fill(result.axes.begin() + 2, result.axes.end(), true);
    if (node.as<GlobalPool>()->kind == PoolKind::max) result.kind = SummaryKind::max;
  }
  return result;
}

/// The job of one group of threads for each result.
Summary described(const Context& context, const Region& region) {
  const Node& node = reduction(region);
  const Shape& shape = region.type(node.inputs[0]).shape;
  const auto [kind, reduced] = summarised(node, shape.rank());
  Summary job;
  job.kind = kind;
  const auto stride = strides_of(shape, region.input_layouts[0]);
  // The results lie as the kept axes do in the output's layout.
  if (!same_bytes(region.type(node.outputs[0]).shape, region.output_layouts[0], Layout::plain))
    throw Refused{"the results would lie in another order"};
  std::vector<WalkedAxis<1>> kept, gone;
  for (std::size_t a = 0; a < shape.rank(); ++a)
    if (!reduced[a]) kept.push_back({shape[a], {stride[a]}});
  for (const std::size_t a : memory_order(shape.rank(), region.input_layouts[0]))
    if (reduced[a]) gone.push_back({shape[a], {stride[a]}});
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.output = walked<Strided>(kept);
  job.element = walked<Strided>(gone);
  const std::int64_t outputs = region.type(node.outputs[0]).shape.elements();
  job.size = as_int(shape.elements() / std::max<std::int64_t>(outputs, 1));
  job.shares = shares_of(outputs, job.size, runs_in_ones(job.output));
  return job;
}

/// Shares out the pixels over so many slices that a GPU of some 130 multiprocessors has two blocks for each, as long as
/// every thread has a few loads to make. Returns how many slices.
int share_out(LaneSummary& job, int outer, int lanes, int pack, int most_slices = 1 << 16) {
  constexpr int most_width = 8, wanted_blocks = 264, least_steps = 4;
  const int packs = lanes / pack;
  Shares& shares = job.shares;
  while (shares.width < most_width && shares.width * 2 <= packs) shares.width *= 2;
  while (shares.height * shares.width < reduction_threads && shares.height * 2 <= job.pixels) shares.height *= 2;
  const std::int64_t results = std::int64_t{outer} * packs;
  const std::int64_t wanted = std::min<std::int64_t>(wanted_blocks * shares.width / results, most_slices);
  const std::int64_t slices =
      std::max<std::int64_t>(std::min<std::int64_t>(wanted, job.pixels / (least_steps * shares.height)), 1);
  job.per_slice = as_int((job.pixels + slices - 1) / slices);
  const int used = (job.pixels + job.per_slice - 1) / job.per_slice;  // each of them has a pixel
  job.packs = Divisor(packs);
  job.slices = Divisor(used);
  shares.outputs = as_int(results * used);
  return used;
}

/// What results wait for that are made of `size` elements by `height` threads: a load at a time.
double steps_us(int size, int height) { return 0.3 * static_cast<double>(size) / static_cast<double>(height); }

constexpr std::array<const char*, 5> summary_names{"mean", "sum", "prod", "max", "min"};

}  // namespace

JobOffer summary(const Context& context, const Region& region) {
  const Summary job = described(context, region);
  return single_job(context, row_for(summary_names, job.kind),
                    pass_us(context, region) + steps_us(job.size, job.shares.height), job);
}

JobOffer lane_summary(const Context& context, const Region& region) {
  const Summary given = described(context, region);
  constexpr int last = Strided::most_dims - 1;
  const auto pack = static_cast<int>(16 / size_of(given.type));
  const auto is_one = [](const Strided& s, int dims) {
    return std::all_of(s.extent, s.extent + Strided::most_dims - dims, [](int extent) { return extent == 1; });
  };
  const int lanes = given.output.extent[last], pixel_step = given.element.stride[0][last];
  const int outer = given.output.extent[last - 1], outer_step = given.output.stride[0][last - 1];
  if (given.size == 1 || given.shares.outputs == 0 || given.output.stride[0][last] != 1 || !is_one(given.output, 2) ||
      !is_one(given.element, 1) || lanes % pack != 0 || pixel_step % pack != 0 || outer_step % pack != 0)
    throw Refused{"what is summed does not lie in whole packs side by side"};
  LaneSummary first{given.type, given.type, {},         given.kind, given.size, {},
                    {},         given.size, given.size, pixel_step, outer_step};
  const int slices = share_out(first, outer, lanes, pack);
  const double us = pass_us(context, region) + steps_us(first.per_slice, 4 * first.shares.height);
  const char* const name = row_for(summary_names, given.kind);
  if (slices == 1) return single_job(context, name, us, first);
  // The slices' sums are floats, as they are in registers.
  first.to = DType::f32;
  if (given.kind == SummaryKind::mean) first.kind = SummaryKind::sum;
  LaneSummary second{DType::f32,
                     given.type,
                     {},
                     given.kind,
                     given.size,
                     {},
                     {},
                     slices,
                     slices,
                     lanes,
                     as_int(std::int64_t{slices} * lanes)};
  (void)share_out(second, outer, lanes, 4, 1);
  KernelTraits traits{name, static_cast<std::size_t>(outer) * static_cast<std::size_t>(slices * lanes) * sizeof(float)};
  return ready_offer(context, traits, us + 2.0, [first, second](const KernelArgs& args, Queue& queue) {
    LaneSummary ready = first;
    ready.x = args.inputs[0];
    ready.y = args.scratch;
    queue.launch(ready);
    ready = second;
    ready.x = args.scratch;
    ready.y = args.outputs[0];
    queue.launch(ready);
  });
}

}  // namespace banoff::gpu
