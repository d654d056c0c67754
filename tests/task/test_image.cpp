#include "banoff/task/image.hpp"

#include "banoff/task/npy.hpp"
#include "tests/files.hpp"
#include "tests/task/picture.hpp"

using namespace banoff;

TEST_CASE("a PNG is read exactly, with or without alpha") {
  const Image expected = test_picture();
  for (const char* name : {"picture.png", "alpha.png"}) {
    const Image image = read_image(data_file(name));
    CHECK(image.height == 17);
    CHECK(image.width == 23);
    CHECK(image.channels == 3);
    CHECK(image.pixels == expected.pixels);
  }
}

TEST_CASE("a grey PNG has one channel") {
  const Image gray = read_image(data_file("gray.png"));
  CHECK(gray.channels == 1);
  CHECK(gray.pixels == to_gray(test_picture()).pixels);
  const Image rgb = to_rgb(gray);
  CHECK(rgb.at(3, 4)[0] == *gray.at(3, 4));
  CHECK(rgb.at(3, 4)[2] == *gray.at(3, 4));
}

TEST_CASE("a JPEG is decoded as another decoder does, to a level or two") {
  const Image image = read_image(data_file("smooth.jpg"));
  const auto expected = read_npy(data_file("smooth.npy")).to_vector<std::int32_t>();
  REQUIRE(image.pixels.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(image.pixels[i] - expected[i]) <= 2);
}

TEST_CASE("a picture survives being written and read") {
  const TemporaryFolder folder;
  const Image image = test_picture();
  write_png(folder / "a.png", image);
  CHECK(read_image(folder / "a.png").pixels == image.pixels);
  write_png(folder / "a.png", to_gray(image));
  CHECK(read_image(folder / "a.png").channels == 1);
}

TEST_CASE("what is no picture is refused with its name") {
  const TemporaryFolder folder;
  CHECK(input_error([&] { (void)read_image(folder / "none.png"); }).find("none.png: cannot be opened") !=
        std::string::npos);
  CHECK(input_error([&] { (void)read_image(folder.path()); }).find("is a folder") != std::string::npos);
  const auto text = folder.write("text.png", "hello");
  CHECK(input_error([&] { (void)read_image(text); }).find("not a PNG or JPEG") != std::string::npos);
  const auto empty = folder.write("empty.png", "");
  CHECK(input_error([&] { (void)read_image(empty); }).find("not a PNG or JPEG") != std::string::npos);
}

TEST_CASE("a picture cut short at any byte is refused or whole, never a crash") {
  const TemporaryFolder folder;
  std::ifstream stream(data_file("picture.png"), std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), {});
  for (std::size_t size = 0; size + 16 < whole.size(); size += 13) {
    const auto file = folder.write("cut.png", whole.substr(0, size));
    CHECK_THROWS_AS((void)read_image(file), Error);
  }
}

TEST_CASE("the size is checked before anything is decoded") {
  ImageLimits limits;
  limits.max_pixels = 100;
  CHECK(input_error([&] { (void)read_image(data_file("picture.png"), limits); }).find("23x17") != std::string::npos);
  limits = {};
  limits.max_file_bytes = 10;
  CHECK(input_error([&] { (void)read_image(data_file("picture.png"), limits); }).find("limit of 10") !=
        std::string::npos);
}
