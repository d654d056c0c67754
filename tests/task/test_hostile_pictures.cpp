// Picture files that are damaged, or made to do damage.
#include <algorithm>
#include <iterator>

#include "banoff/task/image.hpp"
#include "tests/files.hpp"
#include "tests/support/count_allocations.hpp"
#include "tests/task/picture_changes.hpp"

using namespace banoff;

namespace {

thread_local std::size_t largest_allocation = 0;

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string number(std::uint32_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i));
  return text;
}

/// A PNG of a few bytes whose header promises any size.
std::string png_of(std::uint32_t width, std::uint32_t height) {
  const std::string data("\x78\x01\x03\x00\x00\x00\x00\x01", 8);  // a deflated nothing
  const std::string header = number(width, 4) + number(height, 4) + std::string("\x08\x02\0\0\0", 5);
  const auto chunk = [](const std::string& name, const std::string& content) {
    return number(static_cast<std::uint32_t>(content.size()), 4) + name + content + "CRC?";
  };
  return test::with_checksums("\x89PNG\r\n\x1A\n" + chunk("IHDR", header) + chunk("IDAT", data) + chunk("IEND", ""));
}

/// A JPEG with another height and width in its frame header.
std::string jpeg_of(std::uint32_t width, std::uint32_t height) {
  std::string file = bytes_of(data_file("smooth.jpg"));
  file.replace(file.find("\xFF\xC0") + 5, 4, number(height, 2) + number(width, 2));
  return file;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

[[maybe_unused]] static void count_allocation(std::size_t bytes, void* /*caller*/) {
  largest_allocation = std::max(largest_allocation, bytes);
}

TEST_CASE("a small file of a giant picture is refused before memory is taken, with size, limit and next step") {
  const TemporaryFolder folder;
  for (const auto& [name, file] :
       {std::pair("giant.png", png_of(20000, 20000)), {"giant.jpg", jpeg_of(20000, 20000)}}) {
    const auto path = folder.write(name, file);
    largest_allocation = 0;
    const std::string message = input_error([&] { (void)read_image(path); });
    CHECK(has(message, name));
    CHECK(has(message, "20000x20000 pixels are more than the limit of 134217728; make the picture smaller first"));
    CHECK(largest_allocation < 100'000);
  }
  // Within the limit, but more than so few bytes can hold.
  const auto path = folder.write("large.png", png_of(8000, 8000));
  largest_allocation = 0;
  CHECK(has(input_error([&] { (void)read_image(path); }), "cannot hold 8000x8000 pixels"));
  CHECK(largest_allocation < 100'000);
  CHECK(has(input_error([&] { (void)read_image(folder.write("none.png", png_of(0, 5))); }), "none.png: "));
  CHECK(has(input_error([&] { (void)read_image(folder.write("wide.png", png_of(0x7FFFFFFF, 0x7FFFFFFF))); }),
            "wide.png: "));
}

TEST_CASE("a JPEG cut short at any byte is refused by name") {
  const TemporaryFolder folder;
  for (const char* name : {"smooth.jpg", "pictures/progressive.jpg", "pictures/cmyk.jpg"}) {
    const std::string whole = bytes_of(data_file(name));
    for (std::size_t size = 0; size + 2 < whole.size(); size += 7) {
      CAPTURE(size);
      const auto file = folder.write("cut.jpg", whole.substr(0, size));
      CHECK(has(input_error([&] { (void)read_image(file); }), "cut.jpg: "));
    }
  }
}

TEST_CASE("EXIF data that lead nowhere leave the picture as it is") {
  const TemporaryFolder folder;
  const Image expected = read_image(data_file("smooth.jpg"));
  const std::string whole = bytes_of(data_file("smooth.jpg"));
  const std::string entry("\x12\x01\x03\0\1\0\0\0\6\0\0\0", 12);  // orientation 6
  const std::string start("II*\0\x08\0\0\0", 8);
  const auto turned = [&](const std::string& tiff) {
    const std::string content = std::string("Exif\0\0", 6) + tiff;
    std::string file = whole;
    file.insert(2, "\xFF\xE1" + number(static_cast<std::uint32_t>(content.size() + 2), 2) + content);
    return read_image(folder.write("exif.jpg", file));
  };
  CHECK(turned(start + std::string("\1\0", 2) + entry).height == expected.width);
  const std::string wrong[] = {"",
                               "II",
                               start,
                               start + "\xFF\xFF",
                               start + std::string("\1\0", 2) + entry.substr(0, 7),
                               std::string("IM*\0\x08\0\0\0\1\0", 10) + entry,
                               std::string("II*\0\xFF\xFF\xFF\xFF\1\0", 10) + entry,
                               std::string("II*\0\x08\0\0\0\xFF\xFF", 10) + std::string(60, '\0'),
                               start + std::string("\1\0\x12\x01\x03\0\1\0\0\0\x09\0\0\0", 14)};
  for (const std::string& tiff : wrong) {
    const Image image = turned(tiff);
    CHECK(image.height == expected.height);
    CHECK(image.pixels == expected.pixels);
  }
}

TEST_CASE("pictures with random changes are read or refused, never a crash") {
  const TemporaryFolder folder;
  ImageLimits limits;
  limits.max_pixels = 1 << 20;
  std::size_t read = 0, refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data_file("pictures"))) {
    if (entry.path().extension() == ".npy") continue;
    const std::string whole = bytes_of(entry.path());
    for (std::uint64_t i = 0; i < 60; ++i) {
      const auto file = folder.write("changed", test::changed_picture(whole, i));
      try {
        const Image image = read_image(file, limits);
        CHECK(std::ssize(image.pixels) == image.height * image.width * image.channels);
        ++read;
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::bad_input);
        CHECK(has(error.what(), "changed: "));
        ++refused;
      }
    }
  }
  CHECK(read > 200);
  CHECK(refused > 500);
}
