// FastestDet (github.com/dog-qiuqiu/FastestDet): a map of cells, each with one box and its class.
#include <cmath>

#include "runtime/task/decoder.hpp"

namespace banoff::decoding {

/// Channels: objectness, then x, y, width, height before their tanh and sigmoid, then the classes. Scores weigh
/// objectness by the power 0.6 and the best class by 0.4, as the author's do.
void decode_fastestdet(const Job& job, Found& found) {
  constexpr std::string_view what = "[1, 5 + classes, height, width]";
  const Head head = job.head(0, {-1, -1, -1}, what);
  if (head.sizes[0] < 6) (void)job.head(0, {6, -1, -1}, what);
  const std::int64_t classes = head.sizes[0] - 5, rows = head.sizes[1], columns = head.sizes[2];
  job.check_classes(classes);
  const double down = job.height / static_cast<double>(rows), across = job.width / static_cast<double>(columns);
  for (std::int64_t y = 0; y < rows; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      const auto value = [&](std::int64_t channel) { return head.at((channel * rows + y) * columns + x); };
      const std::int64_t best = best_class(classes, [&](std::int64_t c) { return value(5 + c); });
      const double score = std::pow(value(0), 0.6) * std::pow(value(5 + best), 0.4);
      found.add(box_around((static_cast<double>(x) + std::tanh(value(1))) * across,
                           (static_cast<double>(y) + std::tanh(value(2))) * down, sigmoid(value(3)) * job.width,
                           sigmoid(value(4)) * job.height),
                score, best);
    }
  }
}

}  // namespace banoff::decoding
