#include "runtime/compress/quantize/grids.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::quantize {

FakeQuantize grid_over(double low, double high) {
  FakeQuantize grid;
  const auto [least, most] = range_of(grid.type);
  const auto steps = static_cast<double>(most - least);
  const auto scale = static_cast<float>((std::max(high, 0.0) - std::min(low, 0.0)) / steps);
  // A value that is always 0, or nearly, lies on any grid.
  grid.scale = scale > std::numeric_limits<float>::min() ? static_cast<double>(scale) : 1.0;
  const double zero = std::nearbyint(-std::min(low, 0.0) / grid.scale);
  grid.zero_point = least + static_cast<std::int64_t>(std::clamp(zero, 0.0, steps));
  return grid;
}

Tensor put_on(const FakeQuantize& grid, const Tensor& value) {
  const Tensor floats = value.as(DType::f32);
  const auto scale = static_cast<float>(grid.scale);
  const IntegerRange range = range_of(grid.type);
  std::vector<float> put(static_cast<std::size_t>(value.elements()));
  std::ranges::transform(floats.values<float>(), put.begin(), [&](float x) {
    return scale * static_cast<float>(grid_number(x, scale, grid.zero_point, range) - grid.zero_point);
  });
  return Tensor::of<float>(value.shape(), std::move(put)).as(value.dtype());
}

namespace {

double squared_error(const FakeQuantize& grid, const std::vector<float>& values) {
  const auto scale = static_cast<float>(grid.scale);
  const IntegerRange range = range_of(grid.type);
  double sum = 0;
  for (const float x : values) {
    const auto number = grid_number(x, scale, grid.zero_point, range) - grid.zero_point;
    const double away = static_cast<double>(x) - grid.scale * static_cast<double>(number);
    sum += away * away;
  }
  return sum;
}

/// Both ends are drawn in by the same share: one-sided values keep their 0.
FakeQuantize best_grid(const Range& range) {
  constexpr double least_share = 0.3, step = 0.02;
  FakeQuantize best = grid_over(range.low, range.high);
  double least = squared_error(best, range.some);
  for (double share = 1 - step; share >= least_share; share -= step) {
    const FakeQuantize grid = grid_over(share * range.low, share * range.high);
    const double error = squared_error(grid, range.some);
    if (error < least) least = error, best = grid;
  }
  return best;
}

}  // namespace

FakeQuantize grid_for(const std::vector<float>& levels) {
  constexpr int tried = 20;
  constexpr double widest = 1.04;
  const auto [low, high] = std::ranges::minmax(levels);
  FakeQuantize best;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= tried; ++i) {
    const double width = 1 + (widest - 1) * i / tried;
    const FakeQuantize grid = grid_over(width * static_cast<double>(low), width * static_cast<double>(high));
    const double error = squared_error(grid, levels);
    if (error < least) least = error, best = grid;
  }
  return best;
}

Grids make_grids(const Places& places, const std::vector<Range>& ranges, Ranges how) {
  std::vector<std::optional<Range>> together(ranges.size());
  for (std::size_t v = 0; v < ranges.size(); ++v) {
    if (!places.put[v]) continue;
    std::optional<Range>& group = together[index(places.group[v])];
    if (!group) group.emplace();
    group->low = std::min(group->low, ranges[v].low);
    group->high = std::max(group->high, ranges[v].high);
    group->some.insert(group->some.end(), ranges[v].some.begin(), ranges[v].some.end());
  }
  Grids grids(ranges.size());
  for (std::size_t v = 0; v < ranges.size(); ++v) {
    const auto root = index(places.group[v]);
    const std::optional<Range>& group = together[root];
    if (!group) continue;
    if (root < v && grids[root]) grids[v] = grids[root];
    else grids[v] = how == Ranges::mse && !group->some.empty() ? best_grid(*group) : grid_over(group->low, group->high);
  }
  return grids;
}

}  // namespace banoff::quantize
