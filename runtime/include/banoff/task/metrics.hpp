// How good predictions are against the truth.
#pragma once

#include <optional>
#include <span>

#include "banoff/export.h"
#include "banoff/task/detection.hpp"
#include "banoff/task/segmentation.hpp"

namespace banoff {

/// Share of equal entries; 0 of 0 is 0.
[[nodiscard]] BANOFF_API double accuracy(std::span<const std::int64_t> predicted, std::span<const std::int64_t> truth);

/// Area of the intersection over the area of the union, 0 for two empty boxes.
[[nodiscard]] BANOFF_API double intersection_over_union(const Box& a, const Box& b);

struct LabelledBox {
  std::int64_t label = 0;
  Box box;
};

/// Average precision per class that occurs in the truth, and its mean.
struct AveragePrecision {
  double mean = 0;
  std::vector<std::pair<std::int64_t, double>> per_class;
};

/// Average precision at an IoU of `threshold`: the area under the precision-recall curve, with all-point
/// interpolation. Within a class detections go by score; each takes the free true box of its picture it overlaps most
/// (the protocol of PASCAL VOC 2010 and later, Everingham et al., except that a taken box is passed over).
[[nodiscard]] BANOFF_API AveragePrecision average_precision(std::span<const std::vector<Detection>> found,
                                                            std::span<const std::vector<LabelledBox>> truth,
                                                            double threshold = 0.5);

/// Pixels counted by true and predicted class over any number of masks.
class BANOFF_API ConfusionMatrix {
 public:
  /// Pixels whose true class is Mask::unknown do not count. Throws bad_input when the sizes differ.
  void add(const Mask& predicted, const Mask& truth);
  /// Intersection over union of every class that occurs in the truth; nothing for the others.
  [[nodiscard]] std::vector<std::optional<double>> iou() const;
  [[nodiscard]] double mean_iou() const;  ///< over the classes that occur in the truth
  [[nodiscard]] double pixel_accuracy() const;

 private:
  std::vector<std::int64_t> counts_ = std::vector<std::int64_t>(std::size_t{256} * 256);  ///< [true, predicted]
};

}  // namespace banoff
