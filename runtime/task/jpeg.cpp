#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <string_view>

#include <turbojpeg.h>

#include "runtime/task/codec.hpp"
#include "runtime/task/exif.hpp"

namespace banoff::codec {
namespace {

using Handle = std::unique_ptr<void, int (*)(tjhandle)>;

void check(const Handle& jpeg, int status) {
  if (status == 0) return;
  const std::string_view message = tjGetErrorStr2(jpeg.get());
  // Bytes too many between two parts are a slip of who wrote the file: the picture is whole.
  if (tjGetErrorCode(jpeg.get()) == TJERR_WARNING && message.find("extraneous bytes") != message.npos) return;
  fail_input("the JPEG picture is damaged: {}", message);
}

/// What EXIF data the segments before the picture's own hold; empty: none.
Bytes exif_of(Bytes file) {
  constexpr unsigned char app1 = 0xE1, start_of_scan = 0xDA;
  constexpr std::array<unsigned char, 6> name{'E', 'x', 'i', 'f', 0, 0};
  for (std::size_t at = 2; at + 4 <= file.size() && file[at] == 0xFF;) {
    const unsigned char marker = file[at + 1];
    if (marker == 0xFF) {  // any number of these may stand before a marker
      ++at;
      continue;
    }
    const std::size_t length = std::size_t{file[at + 2]} << 8 | file[at + 3];
    if (marker == start_of_scan || length < 2 || length > file.size() - at - 2) break;
    const Bytes content = file.subspan(at + 4, length - 2);
    if (marker == app1 && content.size() >= name.size() && std::ranges::equal(content.first(name.size()), name)) {
      return content.subspan(name.size());
    }
    at += 2 + length;
  }
  return {};
}

/// Inverted CMYK as colours: what ink leaves of the light, and black of that.
Image colours(const Image& inverted) {
  Image rgb(inverted.height, inverted.width, 3);
  for (std::size_t i = 0; i < rgb.pixels.size() / 3; ++i) {
    const unsigned black = inverted.pixels[4 * i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      rgb.pixels[3 * i + c] = static_cast<std::uint8_t>((inverted.pixels[4 * i + c] * black + 127) / 255);
    }
  }
  return rgb;
}

}  // namespace

bool is_jpeg(Bytes file) { return file.size() >= 3 && file[0] == 0xFF && file[1] == 0xD8 && file[2] == 0xFF; }

Image decode_jpeg(Bytes file, std::int64_t max_pixels) {
  const Handle jpeg(tjInitDecompress(), tjDestroy);
  if (!jpeg) throw std::bad_alloc();
  int width = 0, height = 0, subsampling = 0, space = 0;
  check(jpeg, tjDecompressHeader3(jpeg.get(), file.data(), file.size(), &width, &height, &subsampling, &space));
  check_size(height, width, max_pixels);
  const bool inks = space == TJCS_CMYK || space == TJCS_YCCK;
  const int format = space == TJCS_GRAY ? TJPF_GRAY : inks ? TJPF_CMYK : TJPF_RGB;
  Image image(height, width, tjPixelSize[format]);
  // A few bytes can ask for any number of passes over the whole picture: the library gives up after 500.
  check(jpeg, tjDecompress2(jpeg.get(), file.data(), file.size(), image.pixels.data(), width, 0, height, format,
                            TJFLAG_LIMITSCANS));
  if (inks) image = colours(image);
  return exif::upright(std::move(image), exif::orientation(exif_of(file)));
}

}  // namespace banoff::codec
