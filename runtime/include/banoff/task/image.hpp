// 8-bit pictures, and their files.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "banoff/export.h"

namespace banoff {

using Colour = std::array<std::uint8_t, 3>;

/// Rows of interleaved 8-bit pixels, [height, width, channels].
struct BANOFF_API Image {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 3;  ///< 1 (grey) or 3 (red, green, blue)
  std::vector<std::uint8_t> pixels;

  Image() = default;
  Image(std::int64_t rows, std::int64_t columns, std::int64_t depth);

  [[nodiscard]] std::uint8_t* at(std::int64_t y, std::int64_t x) { return pixels.data() + (y * width + x) * channels; }
  [[nodiscard]] const std::uint8_t* at(std::int64_t y, std::int64_t x) const {
    return pixels.data() + (y * width + x) * channels;
  }
};

struct ImageLimits {
  std::uintmax_t max_file_bytes = std::uintmax_t{256} << 20;
  std::int64_t max_pixels = std::int64_t{1} << 27;  ///< checked before memory for them is taken
};

/// Reads a PNG or JPEG file, of any kind of either (CMYK too), the right way up by its EXIF orientation; alpha is
/// dropped, 16-bit samples are cut to 8. Throws bad_input for anything else.
[[nodiscard]] BANOFF_API Image read_image(const std::filesystem::path& file, const ImageLimits& limits = {});

/// Writes a PNG file, atomically.
BANOFF_API void write_png(const std::filesystem::path& file, const Image& image);

/// Grey as 3 equal channels, colour as ITU-R 601 luma.
[[nodiscard]] BANOFF_API Image to_rgb(const Image& image);
[[nodiscard]] BANOFF_API Image to_gray(const Image& image);

}  // namespace banoff
