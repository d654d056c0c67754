// Concatenations and splits whose values have one layout: every row of the whole is a row of each part.
#include <numeric>

#include "kernels/gpu/kernels.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::gpu {

namespace {

struct Part {
  std::size_t place = 0;  ///< among the region's inputs, or its outputs
  std::int64_t row = 0;   ///< bytes
};

/// A whole and its parts, in bytes of a row.
struct Cut {
  bool joins = true;
  std::int64_t rows = 1, row = 0;
  std::vector<Part> parts;
};

Layout one_layout(const Region& region, const Shape& whole) {
  const Layout layout = region.output_layouts[0];
  for (const auto* list : {&region.input_layouts, &region.output_layouts})
    for (const Layout each : *list)
      if (each != layout) throw Refused{"layouts differ"};
  if (whole.elements() == 0) throw Refused{"no elements"};
  return layout;
}

Cut cut_of(const Context& context, const Region& region) {
  const Node& node = only_node(region);
  const auto* concat = node.as<Concat>();
  Cut cut{concat != nullptr, 1, 0, {}};
  if (!cut.joins && region.outputs != node.outputs) throw Refused{"some parts are not wanted"};
  const TensorType& whole = region.type(cut.joins ? node.outputs[0] : node.inputs[0]);
  const std::size_t rank = whole.shape.rank();
  const std::size_t axis = resolve_axis(concat != nullptr ? concat->axis : node.as<Split>()->axis, rank);
  auto inner = static_cast<std::int64_t>(size_of(context.storage(whole.dtype)));
  bool behind = false;
  for (const std::size_t a : memory_order(rank, one_layout(region, whole.shape))) {
    if (a == axis) behind = true;
    else if (behind) inner *= whole.shape[a];
    else cut.rows *= whole.shape[a];
  }
  cut.row = whole.shape[axis] * inner;
  const auto& values = cut.joins ? node.inputs : node.outputs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t extent = region.type(values[i]).shape[axis];
    if (extent > 0) cut.parts.push_back({cut.joins ? input_of(region, values[i]) : i, extent * inner});
  }
  return cut;
}

/// Jobs over as many parts as one takes, their memory still to be bound.
std::vector<Slices> jobs_of(const Cut& cut) {
  std::int64_t unit = 16;
  for (const Part& part : cut.parts) unit = std::gcd(unit, part.row);
  std::vector<Slices> jobs;
  std::int64_t start = 0;
  for (std::size_t first = 0; first < cut.parts.size(); first += Slices::most_parts) {
    Slices job;
    job.unit = static_cast<int>(unit);
    job.joins = cut.joins;
    job.pitch = as_int(cut.row / unit);
    job.start = as_int(start);
    std::int64_t end = 0;
    for (std::size_t p = 0; p < Slices::most_parts && first + p < cut.parts.size(); ++p) {
      end += cut.parts[first + p].row / unit;
      job.end[p] = as_int(end);
    }
    job.together = Divisor(as_int(end));
    job.count = as_int(cut.rows * end);
    start += end;
    jobs.push_back(job);
  }
  (void)as_int(cut.rows * (cut.row / unit));
  return jobs;
}

}  // namespace

JobOffer slices(const Context& context, const Region& region) {
  const Cut cut = cut_of(context, region);
  const std::vector<Slices> jobs = jobs_of(cut);
  const double us = pass_us(context, region) + 2.0 * static_cast<double>(jobs.size() - 1);
  return ready_offer(context, {"slices"}, us, [cut, jobs](const KernelArgs& args, Queue& queue) {
    for (std::size_t j = 0; j < jobs.size(); ++j) {
      Slices ready = jobs[j];
      const std::size_t first = j * Slices::most_parts;
      for (std::size_t p = 0; p < Slices::most_parts && first + p < cut.parts.size(); ++p) {
        const std::size_t place = cut.parts[first + p].place;
        // What is only read is never written through.
        ready.part[p] = cut.joins ? const_cast<std::byte*>(args.inputs[place]) : args.outputs[place];
      }
      ready.whole = cut.joins ? args.outputs[0] : const_cast<std::byte*>(args.inputs[0]);
      queue.launch(ready);
    }
  });
}

}  // namespace banoff::gpu
