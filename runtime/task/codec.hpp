// PNG and JPEG as bytes in memory. png.cpp alone knows libspng, jpeg.cpp alone TurboJPEG.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "banoff/task/image.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::codec {

using Bytes = std::span<const unsigned char>;

[[nodiscard]] bool is_png(Bytes file);
[[nodiscard]] bool is_jpeg(Bytes file);

/// The picture, the right way up: alpha is dropped, 16-bit samples are cut to 8. Throws bad_input, without the file's
/// name, for a damaged file and for more than `max_pixels` pixels, before memory for them is taken.
[[nodiscard]] Image decode_png(Bytes file, std::int64_t max_pixels);
/// The same. CMYK is taken to be inverted, as Adobe's programs and all that follow them write it.
[[nodiscard]] Image decode_jpeg(Bytes file, std::int64_t max_pixels);

[[nodiscard]] std::string encode_png(const Image& image);

inline void check_size(std::int64_t height, std::int64_t width, std::int64_t max_pixels) {
  if (height > 0 && width > 0 && height <= max_pixels / width) return;
  fail_input("{}x{} pixels are more than the limit of {}; make the picture smaller first", width, height, max_pixels);
}

}  // namespace banoff::codec
