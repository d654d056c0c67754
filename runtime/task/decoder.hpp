// What the decoders of detection heads share: one function each, which adds the boxes that it finds to a list.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "banoff/task/detection.hpp"
#include "runtime/graph/boxes/suppress.hpp"

namespace banoff::decoding {

/// A head of one picture: its values, and its sizes without the batch.
struct Head {
  std::vector<double> values;
  std::vector<std::int64_t> sizes;

  [[nodiscard]] double at(std::int64_t i) const { return values[static_cast<std::size_t>(i)]; }
};

/// Boxes x1 y1 x2 y2 in pixels of the network's input that score enough, with their classes.
class Found {
 public:
  explicit Found(double min_score) : min_score_(min_score) {}

  /// Every box with as many details. A score that is no number is not enough.
  void add(const std::array<double, 4>& box, double score, std::int64_t label, std::span<const double> details = {});
  /// Whether a score is enough, so that the rest of a box is worth computing.
  [[nodiscard]] bool is_enough(double score) const { return score > min_score_; }
  /// The best ones.
  [[nodiscard]] DecodedBoxes best(const Nms& nms);

 private:
  double min_score_;
  std::vector<double> boxes_, details_;
  std::vector<boxes::Candidate<double>> candidates_;
};

/// What a decoder finds of a box besides.
enum class Details : std::uint8_t { none, landmarks, mask_coefficients };

/// What a decoder works on.
struct Job {
  std::span<const Tensor> heads;
  const Task& task;
  double height, width;  ///< of the network's input

  /// Head `i`, whose sizes without the batch must be `sizes` (-1: any); `what` says so in the error.
  [[nodiscard]] Head head(std::size_t i, const std::vector<std::int64_t>& sizes, std::string_view what) const;
  /// Throws bad_input unless there are as many labels as classes, or none.
  void check_classes(std::int64_t classes) const;
};

/// A row of the table of decoders. There are `heads`, of each of the task's strides where `each_stride`; the last may
/// come from the task's file of anchors.
struct Row {
  Decoder decoder;
  std::size_t heads;
  void (*decode)(const Job& job, Found& found);
  bool overlaps;  ///< boxes of one thing overlap, and all but the best must go
  Details details = Details::none;
  bool each_stride = false;

  [[nodiscard]] std::size_t heads_of(const Task& task) const {
    return heads * (each_stride ? task.decoding.strides.size() : 1);
  }
};
[[nodiscard]] const Row& row_of(Decoder decoder);

void decode_boxes(const Job& job, Found& found);       // decode_boxes.cpp: boxes, scores
void decode_ssd(const Job& job, Found& found);         // decode_boxes.cpp: deltas, scores, anchors
void decode_fastestdet(const Job& job, Found& found);  // decode_fastestdet.cpp: one map
void decode_yolov5(const Job& job, Found& found);      // decode_yolo.cpp: [boxes, 5 + classes]
void decode_yolov8(const Job& job, Found& found);      // decode_yolo.cpp: [4 + classes, boxes]
void decode_centernet(const Job& job, Found& found);   // decode_centernet.cpp: heat, sides, offsets
void decode_yolox(const Job& job, Found& found);       // decode_yolox.cpp: [cells, 5 + classes]
void decode_yolov8_seg(const Job& job, Found& found);  // decode_yolo.cpp: [4 + classes + masks, boxes], prototypes
void decode_centerface(const Job& job, Found& found);  // decode_centerface.cpp: heat, scales, offsets, landmarks
void decode_picodet(const Job& job, Found& found);     // decode_picodet.cpp: scores of each map, distances of each map
void decode_dbnet(const Job& job, Found& found);       // decode_dbnet.cpp: one map

/// The masks of `found` as sums of prototypes [1, M, h, w] over the network's input, weighed by each row's coefficients
/// [count, M] (YOLACT, Bolya et al. 2019): where the sum is above 0, between its samples interpolated, and the pixel's
/// centre lies in the box.
[[nodiscard]] std::vector<InstanceMask> prototype_masks(const Tensor& prototypes, const Tensor& coefficients,
                                                        const Placement& placement, std::span<const Detection> found);

[[nodiscard]] inline std::array<double, 4> box_around(double x, double y, double width, double height) {
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}
[[nodiscard]] double sigmoid(double x);
/// The first of `classes` classes whose score(c) no other's is above.
[[nodiscard]] std::int64_t best_class(std::int64_t classes, auto&& score) {
  std::int64_t best = 0;
  for (std::int64_t c = 1; c < classes; ++c) {
    if (score(c) > score(best)) best = c;
  }
  return best;
}

}  // namespace banoff::decoding
