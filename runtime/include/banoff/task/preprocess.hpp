// From a picture to a network's input, and where each pixel went.
#pragma once

#include "banoff/export.h"
#include "banoff/manifest.hpp"
#include "banoff/task/image.hpp"
#include "banoff/tensor.hpp"

namespace banoff {

/// How the picture lies in the network's input: x_input = x_picture * scale_x + offset_x, likewise y. Coordinates are
/// continuous: pixel i covers [i, i + 1).
struct Placement {
  double scale_y = 1, scale_x = 1;
  double offset_y = 0, offset_x = 0;
  std::int64_t image_height = 0, image_width = 0;  ///< of the picture
  std::int64_t input_height = 0, input_width = 0;  ///< of the network's input
};

struct Prepared {
  Tensor input;  ///< f32 [1, C, H, W], or [1, H, W, C] where the layout is nhwc
  Placement placement;
};

/// Resizes, crops and normalises as `how` says. Values are not rounded between the steps, so that they differ from
/// 8-bit resizing by less than one level. Throws bad_input when the crop is larger than the picture.
[[nodiscard]] BANOFF_API Prepared preprocess(const Preprocess& how, const Image& image);

}  // namespace banoff
