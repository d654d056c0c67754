// From ranges to grids.
#pragma once

#include <optional>

#include "banoff/quantize.hpp"
#include "runtime/compress/quantize/places.hpp"

namespace banoff::quantize {

struct Range {
  double low = 0, high = 0;      ///< with 0 between them
  std::vector<float> some = {};  ///< numbers of the value, where it was observed
};

/// Asymmetric in u8, 0 a number of the grid: as padding is.
[[nodiscard]] FakeQuantize grid_over(double low, double high);
/// One as narrow as that, or hardly wider: the best for numbers that are levels of their own, which may lie just
/// between the steps of the narrowest.
[[nodiscard]] FakeQuantize grid_for(const std::vector<float>& levels);
/// The nearest numbers of the grid.
[[nodiscard]] Tensor put_on(const FakeQuantize& grid, const Tensor& value);

/// By ValueId, of each that is put on one or moved there: a grid over what all values of its group reach. With
/// Ranges::mse the part of it that gives the least squared error on `some`.
using Grids = std::vector<std::optional<FakeQuantize>>;
[[nodiscard]] Grids make_grids(const Places& places, const std::vector<Range>& ranges, Ranges how);

}  // namespace banoff::quantize
