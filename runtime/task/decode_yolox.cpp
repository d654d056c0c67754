// YOLOX (Ge et al. 2021): a row for each cell of several maps, the finest first, its box in cells of that map.
#include <cmath>
#include <string>

#include <fmt/ranges.h>

#include "runtime/task/decoder.hpp"

namespace banoff::decoding {

/// Values of a row: x and y from the cell's corner, the logarithms of the sides, objectness, the classes.
void decode_yolox(const Job& job, Found& found) {
  const std::vector<std::int64_t>& strides = job.task.decoding.strides;
  const auto height = static_cast<std::int64_t>(job.height), width = static_cast<std::int64_t>(job.width);
  std::int64_t cells = 0;
  for (const std::int64_t stride : strides) cells += (height / stride) * (width / stride);
  const std::string what = fmt::format("[1, cells, 5 + classes], {} cells: an input of {}x{} has so many at strides {}",
                                       cells, height, width, fmt::join(strides, ", "));
  const Head head = job.head(0, {cells, -1}, what);
  const std::int64_t columns = head.sizes[1], classes = columns - 5;
  if (classes < 1) (void)job.head(0, {cells, 6}, what);
  job.check_classes(classes);

  std::int64_t row = 0;
  for (const std::int64_t stride : strides) {
    const std::int64_t across = width / stride;
    for (std::int64_t cell = 0; cell < (height / stride) * across; ++cell, ++row) {
      const auto value = [&](std::int64_t k) { return head.at(row * columns + k); };
      const std::int64_t best = best_class(classes, [&](std::int64_t c) { return value(5 + c); });
      const auto pixels = static_cast<double>(stride);
      found.add(box_around((value(0) + static_cast<double>(cell % across)) * pixels,
                           (value(1) + static_cast<double>(cell / across)) * pixels, std::exp(value(2)) * pixels,
                           std::exp(value(3)) * pixels),
                value(4) * value(5 + best), best);
    }
  }
}

}  // namespace banoff::decoding
