#include "banoff/task/preprocess.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/core/checked.hpp"
#include "runtime/task/resample.hpp"

namespace banoff {
namespace {

/// Where the resized picture goes: its size, the size of the input, and the input's corner in the resized picture.
struct Frame {
  std::int64_t resized_height, resized_width;
  std::int64_t height, width;
  std::int64_t top = 0, left = 0;  ///< negative: borders
};

std::int64_t scaled(std::int64_t size, double scale) {
  return std::max<std::int64_t>(1, std::llround(static_cast<double>(size) * scale));
}

Frame resized_frame(const Preprocess& how, const Image& image) {
  const std::int64_t h = image.height, w = image.width;
  if (how.resize.empty()) return {h, w, h, w};
  const std::int64_t to_h = how.resize.front(), to_w = how.resize.back();
  if (to_h < 1 || to_w < 1) fail_input("preprocess: cannot resize to {}x{}", to_h, to_w);
  const double ratio_h = static_cast<double>(to_h) / static_cast<double>(h);
  const double ratio_w = static_cast<double>(to_w) / static_cast<double>(w);
  switch (how.fit) {
    case Fit::exact: return {to_h, to_w, to_h, to_w};
    case Fit::shorter: {
      // The side that decides has exactly the size asked for; the other is cut to whole pixels, as torchvision does.
      const bool by_height = ratio_h >= ratio_w;
      const std::int64_t new_h = by_height ? to_h : std::max(to_h, checked_mul(h, to_w) / w);
      const std::int64_t new_w = by_height ? std::max(to_w, checked_mul(w, to_h) / h) : to_w;
      return {new_h, new_w, new_h, new_w};
    }
    case Fit::letterbox: break;
  }
  const double ratio = std::min(ratio_h, ratio_w);
  const std::int64_t new_h = std::min(scaled(h, ratio), to_h), new_w = std::min(scaled(w, ratio), to_w);
  return {new_h, new_w, to_h, to_w, -((to_h - new_h) / 2), -((to_w - new_w) / 2)};
}

Frame cropped_frame(const Preprocess& how, Frame frame) {
  if (how.crop.empty()) return frame;
  const std::int64_t height = how.crop.front(), width = how.crop.back();
  if (height < 1 || width < 1 || height > frame.height || width > frame.width) {
    fail_input("preprocess: a crop of {}x{} does not fit in the resized picture of {}x{}; resize it larger first",
               height, width, frame.height, frame.width);
  }
  frame.top += static_cast<std::int64_t>(std::nearbyint(static_cast<double>(frame.height - height) / 2));
  frame.left += static_cast<std::int64_t>(std::nearbyint(static_cast<double>(frame.width - width) / 2));
  frame.height = height;
  frame.width = width;
  return frame;
}

Plane channel_of(const Image& image, std::int64_t channel) {
  Plane plane{image.height, image.width, std::vector<float>(static_cast<std::size_t>(image.height * image.width))};
  for (std::size_t i = 0; i < plane.values.size(); ++i) {
    plane.values[i] = image.pixels[i * static_cast<std::size_t>(image.channels) + static_cast<std::size_t>(channel)];
  }
  return plane;
}

double per_channel(const std::vector<double>& values, std::size_t channel, std::size_t channels, double fallback,
                   std::string_view what) {
  if (values.empty()) return fallback;
  if (values.size() != 1 && values.size() != channels) {
    fail_input("preprocess: {} has {} values for {} channels", what, values.size(), channels);
  }
  return values.size() == 1 ? values.front() : values[channel];
}

}  // namespace

Prepared preprocess(const Preprocess& how, const Image& image) {
  const bool gray = how.channels == Channels::gray;
  const Image source = gray ? to_gray(image) : to_rgb(image);
  const Frame frame = cropped_frame(how, resized_frame(how, source));
  const std::size_t channels = gray ? 1 : 3;
  const auto depth = static_cast<std::int64_t>(channels);
  const bool channels_last = how.layout == PixelLayout::nhwc;
  const Shape shape =
      channels_last ? Shape{1, frame.height, frame.width, depth} : Shape{1, depth, frame.height, frame.width};
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));

  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = per_channel(how.mean, c, channels, 0, "mean");
    const double std = per_channel(how.std, c, channels, 1, "std");
    if (std == 0 || how.scale == 0) fail_input("preprocess: std and scale must not be 0");
    const auto from = static_cast<std::int64_t>(how.channels == Channels::bgr ? channels - 1 - c : c);
    const Plane plane =
        resample(channel_of(source, from), frame.resized_height, frame.resized_width, how.interpolation);
    const auto channel = static_cast<std::int64_t>(c);
    float* out = values.data() + channel * (channels_last ? 1 : frame.height * frame.width);
    const std::int64_t step = channels_last ? depth : 1;
    for (std::int64_t y = 0; y < frame.height; ++y) {
      for (std::int64_t x = 0; x < frame.width; ++x) {
        const std::int64_t sy = y + frame.top, sx = x + frame.left;
        const bool inside = sy >= 0 && sy < plane.height && sx >= 0 && sx < plane.width;
        const double p =
            inside ? static_cast<double>(plane.values[static_cast<std::size_t>(sy * plane.width + sx)]) : how.fill;
        *out = static_cast<float>((p / how.scale - mean) / std);
        out += step;
      }
    }
  }
  Placement place;
  place.scale_y = static_cast<double>(frame.resized_height) / static_cast<double>(image.height);
  place.scale_x = static_cast<double>(frame.resized_width) / static_cast<double>(image.width);
  place.offset_y = static_cast<double>(-frame.top);
  place.offset_x = static_cast<double>(-frame.left);
  place.image_height = image.height;
  place.image_width = image.width;
  place.input_height = frame.height;
  place.input_width = frame.width;
  return {Tensor::of(shape, std::move(values)), place};
}

}  // namespace banoff
