#include "runtime/task/codec.hpp"

#include <memory>

// Static, so that a program which links banoff may have its own copy of the same libraries.
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 65536
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

namespace banoff::codec {

std::optional<Header> read_header(std::span<const unsigned char> file) {
  Header header{};
  const int known = stbi_info_from_memory(file.data(), static_cast<int>(file.size()), &header.width, &header.height,
                                          &header.channels);
  return known != 0 ? std::optional(header) : std::nullopt;
}

std::optional<std::vector<std::uint8_t>> decode(std::span<const unsigned char> file, int channels, std::string& why) {
  int height = 0, width = 0, stored = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &width, &height, &stored, channels),
      stbi_image_free);
  if (!pixels) {
    why = stbi_failure_reason();
    return std::nullopt;
  }
  const std::size_t size =
      static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  return std::vector<std::uint8_t>(pixels.get(), pixels.get() + size);
}

std::string encode_png(const std::uint8_t* pixels, int height, int width, int channels) {
  std::string file;
  const auto append = [](void* to, void* bytes, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  };
  const bool done = stbi_write_png_to_func(append, &file, width, height, channels, pixels, width * channels) != 0;
  return done ? file : std::string();
}

}  // namespace banoff::codec
