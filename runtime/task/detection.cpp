#include "banoff/task/detection.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/fail.hpp"
#include "runtime/task/check_outputs.hpp"

namespace banoff {

void check_rows(const Shape& shape) {
  const std::size_t batch = shape.rank() == 3 && shape[0] == 1 ? 1 : 0;
  if (shape.rank() == 2 + batch && shape[1 + batch] == 6) return;
  fail_input(
      "detection: the output must be rows of x1 y1 x2 y2 score class, [count, 6] or [1, count, 6], it is {}; raw heads "
      "need a `decoder`",
      shape.str());
}

std::vector<Detection> detections(const Tensor& rows, const Placement& placement, double min_score) {
  check_rows(rows.shape());
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
    const bool is_box = std::none_of(row, row + 4, [](double v) { return std::isnan(v); });
    if (!(row[4] >= min_score) || !is_box) continue;
    found.push_back({{to_x(row[0]), to_y(row[1]), to_x(row[2]), to_y(row[3])},
                     row[4],
                     static_cast<std::int64_t>(row[5]),
                     static_cast<std::int64_t>(i / 6),
                     {}});
  }
  return found;
}

namespace {

/// A plane of probabilities read between its pixels; outside it is 0.
double sample(std::span<const float> plane, std::int64_t height, std::int64_t width, double y, double x) {
  if (!(y > -1 && y < static_cast<double>(height) && x > -1 && x < static_cast<double>(width))) return 0;
  const double top = std::floor(y);
  const double left = std::floor(x);
  double sum = 0;
  for (const int down : {0, 1}) {
    for (const int across : {0, 1}) {
      const auto i = static_cast<std::int64_t>(top) + down;
      const auto j = static_cast<std::int64_t>(left) + across;
      if (i < 0 || i >= height || j < 0 || j >= width) continue;
      const double weight = (down == 1 ? y - top : 1 - (y - top)) * (across == 1 ? x - left : 1 - (x - left));
      sum += weight * static_cast<double>(plane[static_cast<std::size_t>(i * width + j)]);
    }
  }
  return sum;
}

}  // namespace

std::vector<InstanceMask> instance_masks(const Tensor& masks, const Tensor& rows, const Placement& placement,
                                         std::span<const Detection> found) {
  const Shape& shape = masks.shape();
  const std::int64_t count = rows.elements() / 6;
  if (shape.rank() != 4 || shape[1] != 1 || shape[0] != count || shape[2] < 1 || shape[3] < 1) {
    fail_input("detection: the masks must be {}x1xHxW, they are {}", count, shape.str());
  }
  const std::vector<float> values = masks.to_vector<float>();
  const std::vector<double> boxes = rows.to_vector<double>();
  std::vector<InstanceMask> result;
  for (const Detection& one : found) {
    const double* const box = &boxes.at(static_cast<std::size_t>(one.row * 6));
    const auto plane = std::span(values).subspan(static_cast<std::size_t>(one.row * shape[2] * shape[3]),
                                                 static_cast<std::size_t>(shape[2] * shape[3]));
    InstanceMask mask;
    mask.x = static_cast<std::int64_t>(std::floor(one.box.x1));
    mask.y = static_cast<std::int64_t>(std::floor(one.box.y1));
    mask.width = static_cast<std::int64_t>(std::ceil(one.box.x2)) - mask.x;
    mask.height = static_cast<std::int64_t>(std::ceil(one.box.y2)) - mask.y;
    // From a pixel of the picture to the network's input, and from there to the mask over the unclipped box.
    const auto place = [](std::int64_t at, double scale, double offset, double low, double high, std::int64_t size) {
      const double input = (static_cast<double>(at) + 0.5) * scale + offset;
      return (input - low) / (high - low) * static_cast<double>(size) - 0.5;
    };
    for (std::int64_t i = 0; i < mask.height; ++i) {
      const double y = place(mask.y + i, placement.scale_y, placement.offset_y, box[1], box[3], shape[2]);
      for (std::int64_t j = 0; j < mask.width; ++j) {
        const double x = place(mask.x + j, placement.scale_x, placement.offset_x, box[0], box[2], shape[3]);
        mask.covered.push_back(sample(plane, shape[2], shape[3], y, x) >= 0.5 ? 1 : 0);
      }
    }
    result.push_back(std::move(mask));
  }
  return result;
}

}  // namespace banoff
