// PNG and JPEG as bytes in memory: the only code that knows the stb libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace banoff::codec {

struct Header {
  int height, width, channels;
};

/// What the first bytes of a PNG or JPEG say; nothing when they are neither.
[[nodiscard]] std::optional<Header> read_header(std::span<const unsigned char> file);

/// The picture as 8-bit rows of 1 or 3 channels, interleaved; alpha is dropped. Nothing, and `why`, for a damaged file.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> decode(std::span<const unsigned char> file, int channels,
                                                              std::string& why);

/// A PNG file; empty when there is no memory for it.
[[nodiscard]] std::string encode_png(const std::uint8_t* pixels, int height, int width, int channels);

}  // namespace banoff::codec
