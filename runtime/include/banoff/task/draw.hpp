// What a network found, drawn on the picture.
#pragma once

#include <span>

#include "banoff/export.h"
#include "banoff/task/detection.hpp"
#include "banoff/task/segmentation.hpp"

namespace banoff {

/// Fills [x1, x2) x [y1, y2), clipped to the picture (of 3 channels).
BANOFF_API void fill_rectangle(Image& image, std::int64_t x1, std::int64_t y1, std::int64_t x2, std::int64_t y2,
                               Colour colour);

/// The picture in colour with a frame, label and score per detection, and its mask where there are `masks`, one each.
[[nodiscard]] BANOFF_API Image draw_detections(const Image& image, std::span<const Detection> found, const Task& task,
                                               std::span<const InstanceMask> masks = {});

/// The picture blended with the colours of its mask (`alpha` of the mask; a class that is black, as class 0 is without
/// a palette, is background and left as it is), and below it a legend of the classes that occur.
[[nodiscard]] BANOFF_API Image draw_mask(const Image& image, const Mask& mask, const Task& task, double alpha = 0.5);

}  // namespace banoff
