// DBNet (Liao et al. 2020): a map of how probably a pixel is in the middle of a line of text.
#include <algorithm>
#include <limits>

#include "runtime/task/decoder.hpp"

namespace banoff::decoding {
namespace {

/// Pixels above the threshold that touch, at corners too.
struct Region {
  std::int64_t left = std::numeric_limits<std::int64_t>::max(), top = left, right = 0, bottom = 0;
  double sum = 0;  ///< of the pixels' probabilities
  std::int64_t pixels = 0;

  void add(std::int64_t x, std::int64_t y, double probability) {
    left = std::min(left, x);
    top = std::min(top, y);
    right = std::max(right, x + 1);
    bottom = std::max(bottom, y + 1);
    sum += probability;
    ++pixels;
  }
};

/// Takes the region around a pixel out of `inside`.
Region take_region(const Head& map, std::vector<char>& inside, std::int64_t from) {
  const std::int64_t rows = map.sizes[1], columns = map.sizes[2];
  Region region;
  std::vector<std::int64_t> open{from};
  inside[static_cast<std::size_t>(from)] = 0;
  while (!open.empty()) {
    const std::int64_t pixel = open.back(), x = pixel % columns, y = pixel / columns;
    open.pop_back();
    region.add(x, y, map.at(pixel));
    for (std::int64_t i = std::max<std::int64_t>(y - 1, 0); i <= std::min(y + 1, rows - 1); ++i) {
      for (std::int64_t j = std::max<std::int64_t>(x - 1, 0); j <= std::min(x + 1, columns - 1); ++j) {
        char& seen = inside[static_cast<std::size_t>(i * columns + j)];
        if (seen == 0) continue;
        seen = 0;
        open.push_back(i * columns + j);
      }
    }
  }
  return region;
}

}  // namespace

/// A box stands around its region, which is smaller than the line by what training shrank it: it grows on all sides by
/// `unclip` times its area by its perimeter. Regions below `least` pixels on a side are specks.
void decode_dbnet(const Job& job, Found& found) {
  constexpr std::int64_t least = 3;
  const Head map = job.head(0, {1, -1, -1}, "a map of probabilities [1, 1, height, width]");
  job.check_classes(1);
  const std::int64_t rows = map.sizes[1], columns = map.sizes[2];
  const double down = job.height / static_cast<double>(rows), across = job.width / static_cast<double>(columns);
  std::vector<char> inside(map.values.size());
  std::ranges::transform(map.values, inside.begin(), [&](double p) { return p > job.task.decoding.threshold ? 1 : 0; });
  for (std::int64_t pixel = 0; pixel < rows * columns; ++pixel) {
    if (inside[static_cast<std::size_t>(pixel)] == 0) continue;
    const Region region = take_region(map, inside, pixel);
    if (std::min(region.right - region.left, region.bottom - region.top) < least) continue;
    const auto width = static_cast<double>(region.right - region.left);
    const auto height = static_cast<double>(region.bottom - region.top);
    const double grow = job.task.decoding.unclip * width * height / (2 * (width + height));
    const auto left = static_cast<double>(region.left), top = static_cast<double>(region.top);
    found.add(
        {(left - grow) * across, (top - grow) * down, (left + width + grow) * across, (top + height + grow) * down},
        region.sum / static_cast<double>(region.pixels), 0);
  }
}

}  // namespace banoff::decoding
