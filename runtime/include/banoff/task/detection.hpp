// Raw heads to rows of boxes, these to boxes on the picture, and the masks in them.
#pragma once

#include <optional>
#include <span>
#include <string>
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

struct Point {
  double x = 0, y = 0;
};

struct Detection {
  Box box;
  double score = 0;
  std::int64_t label = 0;
  std::int64_t row = 0;               ///< of the output
  std::vector<Point> landmarks = {};  ///< of a face, in pixels, where the decoder finds them
};

/// The pixels of the picture that an instance covers: those of a part of it, [height, width], 1 or 0.
struct InstanceMask {
  std::int64_t x = 0, y = 0, width = 0, height = 0;
  std::vector<std::uint8_t> covered;
};

/// What a decoder makes of heads.
struct DecodedBoxes {
  Tensor rows;     ///< [count, 6], as detections() takes them
  Tensor details;  ///< [count, n]: more of each box, as the decoder finds it; n may be 0
};

/// The boxes of `rows` [count, 6] or [1, count, 6] (x1 y1 x2 y2 score class, in the input's pixels) that score at least
/// `min_score`, in the picture's pixels and clipped to it, in the order of the rows.
[[nodiscard]] BANOFF_API std::vector<Detection> detections(const Tensor& rows, const Placement& placement,
                                                           double min_score);

/// A network's raw heads as rows of boxes, by the task's decoder (docs/model-format.md).
class BANOFF_API BoxDecoder {
 public:
  /// Reads the anchors' file, if the task names one. Throws bad_input.
  explicit BoxDecoder(Task task);
  /// Which of the network's outputs are the heads, in order. Throws bad_input when there are too few.
  [[nodiscard]] std::vector<std::string> heads(const std::vector<std::string>& outputs) const;
  /// Boxes that score more than the task's `min_score`; those that overlap a better one of their class are left out.
  /// Throws bad_input for heads that the decoder does not read.
  [[nodiscard]] DecodedBoxes operator()(std::span<const Tensor> heads, const Placement& placement) const;
  /// Adds what the details are, where they are landmarks: to what detections() made of the rows.
  void add_landmarks(const DecodedBoxes& decoded, const Placement& placement, std::span<Detection> found) const;
  /// The masks of `found`, where the details are coefficients of the prototypes among the heads; else none.
  [[nodiscard]] std::vector<InstanceMask> masks(std::span<const Tensor> heads, const DecodedBoxes& decoded,
                                                const Placement& placement, std::span<const Detection> found) const;

 private:
  Task task_;
  std::optional<Tensor> anchors_;
};

/// The masks of `found`, from an output `masks` [count, 1, h, w] of probabilities over the boxes of `rows`, which
/// `found` came from. Between the mask's pixels it is interpolated, around them it is 0; from 0.5 on a pixel is
/// covered.
[[nodiscard]] BANOFF_API std::vector<InstanceMask> instance_masks(const Tensor& masks, const Tensor& rows,
                                                                  const Placement& placement,
                                                                  std::span<const Detection> found);

}  // namespace banoff
