// CenterFace (Xu et al. 2020): every warm cell of a heat map is the centre of a face, with its landmarks.
#include <cmath>

#include "runtime/task/decoder.hpp"

namespace banoff::decoding {

/// Scales are logarithms of sides in cells, height first; offsets are from a cell's centre, down first; landmarks are
/// from the box's upper left corner in its sides, down first.
void decode_centerface(const Job& job, Found& found) {
  const Head heat = job.head(0, {1, -1, -1}, "a heat map [1, 1, height, width]");
  const std::int64_t rows = heat.sizes[1], columns = heat.sizes[2], cells = rows * columns;
  const Head scales = job.head(1, {2, rows, columns}, "logarithms of heights and widths [1, 2, height, width]");
  const Head offsets = job.head(2, {2, rows, columns}, "offsets down and across [1, 2, height, width]");
  const std::string_view what = "landmarks, down and across [1, 2 landmarks, height, width]";
  const Head landmarks = job.head(3, {-1, rows, columns}, what);
  if (landmarks.sizes[0] % 2 != 0) (void)job.head(3, {landmarks.sizes[0] + 1, rows, columns}, what);

  job.check_classes(1);
  const double down = job.height / static_cast<double>(rows), across = job.width / static_cast<double>(columns);
  for (std::int64_t cell = 0; cell < cells; ++cell) {
    if (!found.is_enough(heat.at(cell))) continue;
    const double height = std::exp(scales.at(cell)) * down, width = std::exp(scales.at(cells + cell)) * across;
    const double y = (static_cast<double>(cell / columns) + offsets.at(cell) + 0.5) * down;
    const double x = (static_cast<double>(cell % columns) + offsets.at(cells + cell) + 0.5) * across;
    const auto box = box_around(x, y, width, height);
    std::vector<double> points;
    for (std::int64_t k = 0; k < landmarks.sizes[0]; k += 2) {
      points.push_back(box[0] + landmarks.at((k + 1) * cells + cell) * width);
      points.push_back(box[1] + landmarks.at(k * cells + cell) * height);
    }
    found.add(box, heat.at(cell), 0, points);
  }
}

}  // namespace banoff::decoding
