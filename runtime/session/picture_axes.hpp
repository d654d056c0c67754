// Which of an input's dimensions are a picture's.
#pragma once

#include <cstddef>

#include "banoff/manifest.hpp"
#include "banoff/model.hpp"

namespace banoff {

struct PictureAxes {
  std::size_t channels, height, width;
};

/// Those of an input of four dimensions that pictures are prepared for. A size that is open is no number of channels.
[[nodiscard]] inline PictureAxes picture_axes(const Preprocess& how, const TensorInfo& input) {
  const std::int64_t channels = how.channels == Channels::gray ? 1 : 3;
  const auto is_channels = [&](std::size_t i) { return input.shape[i] == channels && input.symbols[i].empty(); };
  const bool only_last = is_channels(3) && !is_channels(1);
  const bool last = how.layout == PixelLayout::nhwc || (how.layout == PixelLayout::automatic && only_last);
  return last ? PictureAxes{3, 1, 2} : PictureAxes{1, 2, 3};
}

}  // namespace banoff
