// The picture that make_expected.py makes: neighbouring pixels differ wildly, so that every weight of a filter counts.
#pragma once

#include "banoff/task/image.hpp"

inline banoff::Image test_picture(std::int64_t height = 17, std::int64_t width = 23) {
  banoff::Image image(height, width, 3);
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        image.at(y, x)[c] = static_cast<std::uint8_t>((y * 37 + x * 91 + c * 53 + x * y * 7) % 256);
      }
    }
  }
  return image;
}
