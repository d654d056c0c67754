// Rows of an NMS to boxes on the picture.
#pragma once

#include <vector>

#include "banoff/export.h"
#include "banoff/task/preprocess.hpp"
#include "banoff/tensor.hpp"

namespace banoff {

/// Corners in pixels, x1 <= x2 and y1 <= y2; pixel i covers [i, i + 1).
struct Box {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  [[nodiscard]] double area() const { return (x2 - x1) * (y2 - y1); }
};

struct Detection {
  Box box;
  double score = 0;
  std::int64_t label = 0;
};

/// The boxes of `rows` [count, 6] (x1 y1 x2 y2 score class, in pixels of the network's input) that score at least
/// `min_score`, in the picture's pixels and clipped to it, in the order of the rows.
[[nodiscard]] BANOFF_API std::vector<Detection> detections(const Tensor& rows, const Placement& placement,
                                                           double min_score);

}  // namespace banoff
