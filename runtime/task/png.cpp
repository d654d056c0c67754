#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include <spng.h>

#include "runtime/task/codec.hpp"
#include "runtime/task/exif.hpp"

namespace banoff::codec {
namespace {

using Context = std::unique_ptr<spng_ctx, void (*)(spng_ctx*)>;

Context context(int flags) {
  Context made(spng_ctx_new(flags), spng_ctx_free);
  if (!made) throw std::bad_alloc();
  return made;
}

void check(int status) {
  if (status == SPNG_OK) return;
  if (status == SPNG_EMEM) throw std::bad_alloc();
  fail_input("the PNG picture is damaged: {}", spng_strerror(status));
}

/// Refuses a picture that no file so small can hold, before memory for it is taken: deflate makes of a byte at most
/// 1032.
void check_packed_size(const spng_ihdr& header, std::size_t file_bytes) {
  constexpr std::array<std::uint64_t, 7> samples_by_type{1, 0, 3, 1, 2, 0, 4};
  const std::uint64_t bits = samples_by_type.at(header.color_type) * header.bit_depth * header.width;
  if ((bits / 8 + 1) * header.height / 1032 <= file_bytes) return;
  fail_input("the PNG picture is damaged: {} bytes cannot hold {}x{} pixels", file_bytes, header.width, header.height);
}

/// The first of every `step` samples.
void keep_every(std::vector<std::uint8_t>& samples, std::size_t step) {
  for (std::size_t i = 0; i * step < samples.size(); ++i) samples[i] = samples[i * step];
  samples.resize(samples.size() / step);
}

}  // namespace

bool is_png(Bytes file) {
  constexpr std::array<unsigned char, 8> signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  return file.size() >= signature.size() && std::ranges::equal(file.first(signature.size()), signature);
}

Image decode_png(Bytes file, std::int64_t max_pixels) {
  const Context png = context(0);
  // What is kept of texts and profiles, unpacked, is bounded: nobody asks for them.
  constexpr std::size_t most_kept = std::size_t{16} << 20;
  check(spng_set_chunk_limits(png.get(), file.size(), most_kept));
  check(spng_set_png_buffer(png.get(), file.data(), file.size()));
  spng_ihdr header{};
  check(spng_get_ihdr(png.get(), &header));
  check_size(header.height, header.width, max_pixels);
  check_packed_size(header, file.size());

  const bool gray =
      header.color_type == SPNG_COLOR_TYPE_GRAYSCALE || header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA;
  // The library gives one channel of grey only where that is all there is, of 8 bits at most.
  const bool alone = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE && header.bit_depth <= 8;
  Image image(header.height, header.width, alone ? 1 : 3);
  check(spng_decode_image(png.get(), image.pixels.data(), image.pixels.size(), alone ? SPNG_FMT_G8 : SPNG_FMT_RGB8, 0));
  if (gray && !alone) {
    keep_every(image.pixels, 3);
    image.channels = 1;
  }
  check(spng_decode_chunks(png.get()));
  spng_exif exif{};
  if (spng_get_exif(png.get(), &exif) != SPNG_OK) return image;
  return exif::upright(std::move(image),
                       exif::orientation({reinterpret_cast<const unsigned char*>(exif.data), exif.length}));
}

std::string encode_png(const Image& image) {
  const Context png = context(SPNG_CTX_ENCODER);
  check(spng_set_option(png.get(), SPNG_ENCODE_TO_BUFFER, 1));
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(image.width);
  header.height = static_cast<std::uint32_t>(image.height);
  header.bit_depth = 8;
  header.color_type = image.channels == 1 ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_TRUECOLOR;
  check(spng_set_ihdr(png.get(), &header));
  check(spng_encode_image(png.get(), image.pixels.data(), image.pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE));
  std::size_t size = 0;
  int status = SPNG_OK;
  const std::unique_ptr<void, void (*)(void*)> file(spng_get_png_buffer(png.get(), &size, &status), std::free);
  check(status);
  return {static_cast<const char*>(file.get()), size};
}

}  // namespace banoff::codec
