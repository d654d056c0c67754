// CenterNet (Zhou et al. 2019, "Objects as points"): peaks of a heat map are centres of boxes.
#include <algorithm>

#include "runtime/task/decoder.hpp"

namespace banoff::decoding {
namespace {

/// Whether no neighbour of a cell, of the 8 that there are, is hotter.
bool is_peak(std::span<const double> heat, std::int64_t rows, std::int64_t columns, std::int64_t y, std::int64_t x) {
  const double own = heat[static_cast<std::size_t>(y * columns + x)];
  for (std::int64_t i = std::max<std::int64_t>(y - 1, 0); i <= std::min(y + 1, rows - 1); ++i) {
    for (std::int64_t j = std::max<std::int64_t>(x - 1, 0); j <= std::min(x + 1, columns - 1); ++j) {
      if (heat[static_cast<std::size_t>(i * columns + j)] > own) return false;
    }
  }
  return true;
}

}  // namespace

/// Sides and offsets are in cells of the map.
void decode_centernet(const Job& job, Found& found) {
  const Head heat = job.head(0, {-1, -1, -1}, "a heat map [1, classes, height, width]");
  const std::int64_t classes = heat.sizes[0], rows = heat.sizes[1], columns = heat.sizes[2], cells = rows * columns;
  const Head sides = job.head(1, {2, rows, columns}, "widths and heights [1, 2, height, width]");
  const Head offsets = job.head(2, {2, rows, columns}, "offsets of the centres [1, 2, height, width]");

  job.check_classes(classes);
  const double down = job.height / static_cast<double>(rows), across = job.width / static_cast<double>(columns);
  for (std::int64_t c = 0; c < classes; ++c) {
    const auto plane =
        std::span(heat.values).subspan(static_cast<std::size_t>(c * cells), static_cast<std::size_t>(cells));
    for (std::int64_t cell = 0; cell < cells; ++cell) {
      const std::int64_t y = cell / columns, x = cell % columns;
      if (!is_peak(plane, rows, columns, y, x)) continue;
      const double value = plane[static_cast<std::size_t>(cell)];
      const auto box = box_around((static_cast<double>(x) + offsets.at(cell)) * across,
                                  (static_cast<double>(y) + offsets.at(cells + cell)) * down, sides.at(cell) * across,
                                  sides.at(cells + cell) * down);
      found.add(box, job.task.decoding.scores == ScoreKind::sigmoid ? sigmoid(value) : value, c);
    }
  }
}

}  // namespace banoff::decoding
