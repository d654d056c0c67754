#include "banoff/task/detection.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"

namespace banoff {

std::vector<Detection> detections(const Tensor& rows, const Placement& placement, double min_score) {
  if (rows.shape().rank() != 2 || rows.shape()[1] != 6) {
    fail_input("detection: the output must be rows of x1 y1 x2 y2 score class, it is {}", rows.shape().str());
  }
  const std::vector<double> values = rows.to_vector<double>();
  const auto to_x = [&](double x) {
    return std::clamp((x - placement.offset_x) / placement.scale_x, 0.0, static_cast<double>(placement.image_width));
  };
  const auto to_y = [&](double y) {
    return std::clamp((y - placement.offset_y) / placement.scale_y, 0.0, static_cast<double>(placement.image_height));
  };
  std::vector<Detection> found;
  for (std::size_t i = 0; i + 6 <= values.size(); i += 6) {
    const double* row = &values[i];
    if (!(row[4] >= min_score)) continue;
    found.push_back(
        {{to_x(row[0]), to_y(row[1]), to_x(row[2]), to_y(row[3])}, row[4], static_cast<std::int64_t>(row[5])});
  }
  return found;
}

}  // namespace banoff
