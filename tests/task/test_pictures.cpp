// Pictures of every kind that PNG and JPEG have, against what make_pictures.py knows of them.
#include <algorithm>

#include "banoff/task/image.hpp"
#include "banoff/task/npy.hpp"
#include "tests/files.hpp"

using namespace banoff;

namespace {

std::vector<std::filesystem::path> pictures(const std::string& extension) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(data_file("pictures"))) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

/// The largest difference of a sample from what the picture shows.
int difference(const std::filesystem::path& file) {
  const Image image = read_image(file);
  const Tensor shown = read_npy(file.string() + ".npy");
  REQUIRE(Shape{image.height, image.width, image.channels} == shown.shape());
  const auto expected = shown.values<std::uint8_t>();
  int largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(int{image.pixels[i]} - int{expected[i]}));
  }
  return largest;
}

}  // namespace

TEST_CASE("every colour type and depth of PNG, interlaced, transparent and turned, is read exactly") {
  const auto files = pictures(".png");
  CHECK(files.size() == 17);
  for (const auto& file : files) {
    CAPTURE(file);
    CHECK(difference(file) == 0);
  }
}

TEST_CASE("grey, CMYK, YCCK, progressive and turned JPEG show what another decoder says, to a level or two") {
  const auto files = pictures(".jpg");
  CHECK(files.size() == 13);
  for (const auto& file : files) {
    CAPTURE(file);
    CHECK(difference(file) <= 2);
  }
}
