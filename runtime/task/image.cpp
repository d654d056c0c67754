#include "banoff/task/image.hpp"

#include <new>

#include "runtime/core/checked.hpp"
#include "runtime/load/load.hpp"
#include "runtime/task/codec.hpp"
#include "runtime/task/read_file.hpp"

namespace banoff {

Image::Image(std::int64_t rows, std::int64_t columns, std::int64_t depth)
    : height(rows),
      width(columns),
      channels(depth),
      pixels(static_cast<std::size_t>(checked_mul(checked_mul(rows, columns), depth))) {}

Image read_image(const std::filesystem::path& file, const ImageLimits& limits) {
  const std::string bytes = read_file(file, limits.max_file_bytes);
  const codec::Bytes data(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  try {
    if (codec::is_png(data)) return codec::decode_png(data, limits.max_pixels);
    if (codec::is_jpeg(data)) return codec::decode_jpeg(data, limits.max_pixels);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file.string(), error.what()));
  } catch (const std::bad_alloc&) {
    fail_input("{}: the picture does not fit in memory", file.string());
  }
  fail_input("{}: not a PNG or JPEG picture; convert it to one of them", file.string());
}

void write_png(const std::filesystem::path& file, const Image& image) {
  write_file_atomically(file, codec::encode_png(image));
}

Image to_rgb(const Image& image) {
  if (image.channels == 3) return image;
  Image rgb(image.height, image.width, 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) rgb.pixels[3 * i + c] = image.pixels[i];
  }
  return rgb;
}

Image to_gray(const Image& image) {
  if (image.channels == 1) return image;
  Image gray(image.height, image.width, 1);
  for (std::size_t i = 0; i < gray.pixels.size(); ++i) {
    const std::uint8_t* p = &image.pixels[3 * i];
    // 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point, rounded.
    gray.pixels[i] = static_cast<std::uint8_t>((p[0] * 19595U + p[1] * 38470U + p[2] * 7471U + 0x8000U) >> 16);
  }
  return gray;
}

}  // namespace banoff
