#include "kernels/gpu/move_plan.hpp"

#include <algorithm>
#include <numeric>

namespace banoff::gpu {

namespace {

bool merges(const WalkDim& outer, const WalkDim& inner, bool filled) {
  if (!outer.table.empty() || !inner.table.empty()) return false;
  if (filled && (outer.channels || inner.channels)) return false;
  return outer.from == inner.from * inner.extent && outer.to == inner.to * inner.extent;
}

/// Writes in the order of the target's memory, and walks neighbouring dimensions that lie together as one.
std::vector<WalkDim> simplified(const MovePlan& plan) {
  std::vector<WalkDim> sorted = plan.ways;
  std::erase_if(sorted, [&](const WalkDim& w) { return w.extent == 1 && w.table.empty() && !w.channels; });
  std::ranges::stable_sort(sorted, std::greater{}, &WalkDim::to);
  std::vector<WalkDim> ways;
  for (WalkDim& way : sorted) {
    if (!ways.empty() && merges(ways.back(), way, !plan.fill.empty())) {
      way.extent *= ways.back().extent;
      ways.pop_back();
    }
    ways.push_back(std::move(way));
  }
  if (ways.empty()) ways.push_back({});
  if (ways.size() > Move::most_dims) throw Refused{"elements move in too many dimensions"};
  return ways;
}

/// How many elements can be moved together.
std::int64_t elements_together(const MovePlan& plan, const std::vector<WalkDim>& ways) {
  const WalkDim& last = ways.back();
  const bool runs = last.table.empty() && last.from == 1 && last.to == 1;
  const bool fills_by_run = plan.fill.empty() || last.channels;
  if (!runs || !fills_by_run) return 1;
  std::int64_t together = 16 / static_cast<std::int64_t>(plan.element);
  const auto divides = [&](std::int64_t v) { return v % together == 0; };
  const auto fits = [&] {
    if (!divides(plan.from) || !divides(plan.to) || !divides(last.extent)) return false;
    return std::all_of(ways.begin(), ways.end() - 1, [&](const WalkDim& w) {
      return divides(w.from) && divides(w.to) &&
             std::ranges::all_of(w.table, [&](int at) { return at < 0 || divides(at); });
    });
  };
  while (together > 1 && !fits()) together /= 2;
  return together;
}

}  // namespace

ReadyMove DescribedMove::uploaded(Uploads& uploads) const {
  ReadyMove result = move;
  for (std::size_t d = 0; d < tables.size(); ++d) result.job.dim[d].table = uploads.add(tables[d]);
  result.job.fill = uploads.add(fill);
  return result;
}

DescribedMove described(MovePlan plan) {
  const std::vector<WalkDim> ways = simplified(plan);
  const std::int64_t together = elements_together(plan, ways);
  DescribedMove result;
  Move& job = result.move.job;
  job.unit = as_int(together * static_cast<std::int64_t>(plan.element));
  job.dims = static_cast<int>(ways.size());
  job.channel_dim = Move::most_dims;
  std::int64_t count = 1;
  for (std::size_t d = 0; d < ways.size(); ++d) {
    const WalkDim& way = ways[d];
    const bool last = d + 1 == ways.size();
    MoveDim& dim = job.dim[d];
    dim.extent = Divisor(as_int(last ? way.extent / together : way.extent));
    dim.from = as_int(last && together > 1 ? 1 : way.from / together);
    dim.to = as_int(last && together > 1 ? 1 : way.to / together);
    std::vector<int> table = way.table;
    for (int& at : table) at = at < 0 ? at : at / static_cast<int>(together);
    result.tables.push_back(std::move(table));
    if (way.channels) job.channel_dim = static_cast<int>(d);
    count *= dim.extent.value;
  }
  job.count = as_int(count);
  result.fill = std::move(plan.fill);
  result.move.from = static_cast<std::size_t>(plan.from) * plan.element;
  result.move.to = static_cast<std::size_t>(plan.to) * plan.element;
  return result;
}

void ReadyMove::queue(Queue& queue, const std::byte* x, std::byte* y) const {
  Move bound = job;
  bound.x = x + from;
  bound.y = y + to;
  queue.launch(bound);
}

std::optional<Interleave> interleaving(const Shape& shape, DType type, std::int64_t lanes) {
  const bool real = type == DType::f32 || type == DType::f16 || type == DType::bf16;
  if (!real || shape.rank() < 3 || lanes > Interleave::most_lanes || shape[1] > lanes || shape.elements() == 0)
    return std::nullopt;
  Interleave job;
  job.type = type;
  job.images = as_int(shape[0]);
  job.planes = as_int(shape[1]);
  job.lanes = as_int(lanes);
  job.pixels = as_int(shape.elements() / (shape[0] * shape[1]));
  (void)as_int(shape[0] * lanes * job.pixels);
  return job;
}

MovePlan relay(const Shape& shape, Layout from, Layout to, std::size_t element) {
  MovePlan plan;
  plan.element = element;
  const auto read = strides_of(shape, from);
  const auto written = strides_of(shape, to);
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    plan.ways.push_back({shape[axis], read[axis], written[axis], {}, axis == 1});
  return plan;
}

}  // namespace banoff::gpu
