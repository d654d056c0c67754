#include "runtime/task/exif.hpp"

#include <algorithm>
#include <cstdint>

namespace banoff::exif {
namespace {

constexpr std::uint32_t orientation_tag = 0x0112, short_type = 3;

/// Numbers of a TIFF structure; beyond its end they are 0, which is no tag's number.
class Reader {
 public:
  explicit Reader(std::span<const unsigned char> bytes) : bytes_(bytes), little_(!bytes.empty() && bytes[0] == 'I') {}

  [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes_[at + (little_ ? size - 1 - i : i)];
    return value;
  }

 private:
  std::span<const unsigned char> bytes_;
  bool little_;
};

}  // namespace

int orientation(std::span<const unsigned char> tiff) {
  const Reader reader(tiff);
  const bool ordered = tiff.size() >= 8 && tiff[0] == tiff[1] && (tiff[0] == 'I' || tiff[0] == 'M');
  if (!ordered || reader.number(2, 2) != 42) return 1;
  // The first directory: a count, then entries of tag, type, count and value, 12 bytes each.
  const std::size_t directory = reader.number(4, 4);
  const std::size_t entries = reader.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (reader.number(entry, 2) != orientation_tag || reader.number(entry + 2, 2) != short_type) continue;
    const std::uint32_t value = reader.number(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation == 1) return image;
  const bool exchanged = orientation >= 5;
  // Of the stored picture: whether its rows, its columns run backwards. (5 is exchanged alone, 7 both.)
  const bool rows_back = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_back = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  Image turned(exchanged ? image.width : image.height, exchanged ? image.height : image.width, image.channels);
  for (std::int64_t y = 0; y < turned.height; ++y) {
    for (std::int64_t x = 0; x < turned.width; ++x) {
      const std::int64_t row = exchanged ? x : y, column = exchanged ? y : x;
      std::copy_n(image.at(rows_back ? image.height - 1 - row : row, columns_back ? image.width - 1 - column : column),
                  image.channels, turned.at(y, x));
    }
  }
  return turned;
}

}  // namespace banoff::exif
