#include "banoff/task/preprocess.hpp"

#include <algorithm>
#include <cmath>

#include "banoff/task/npy.hpp"
#include "tests/files.hpp"
#include "tests/task/picture.hpp"

using namespace banoff;

namespace {

Preprocess levels(std::vector<std::int64_t> resize, Fit fit) {
  Preprocess how;
  how.resize = std::move(resize);
  how.fit = fit;
  how.scale = 1;
  return how;
}

/// Largest difference from an expectation of the same number of elements.
double distance(const Tensor& tensor, const std::string& file) {
  const auto actual = tensor.to_vector<double>(), expected = read_npy(data_file(file)).to_vector<double>();
  REQUIRE(actual.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) worst = std::max(worst, std::abs(actual[i] - expected[i]));
  return worst;
}

}  // namespace

TEST_CASE("bilinear resizing is Pillow's, shrinking and enlarging") {
  const Image image = test_picture();
  CHECK(distance(preprocess(levels({7, 9}, Fit::exact), image).input, "shrunk.npy") < 1e-3);
  CHECK(distance(preprocess(levels({31, 40}, Fit::exact), image).input, "enlarged.npy") < 1e-3);
}

TEST_CASE("bilinear resizing is within a level of Pillow's on bytes, which rounds in between") {
  CHECK(distance(preprocess(levels({7, 9}, Fit::exact), test_picture()).input, "shrunk8.npy") < 1);
}

TEST_CASE("nearest resizing is Pillow's") {
  Preprocess how = levels({7, 40}, Fit::exact);
  how.interpolation = Interpolation::nearest;
  CHECK(distance(preprocess(how, test_picture()).input, "nearest.npy") == 0);
}

TEST_CASE("the shorter side and a centre crop are torchvision's") {
  Preprocess how = levels({12}, Fit::shorter);
  how.crop = {9, 10};
  const Prepared prepared = preprocess(how, test_picture());
  CHECK(prepared.input.shape() == Shape{1, 3, 9, 10});
  CHECK(distance(prepared.input, "cropped8.npy") < 1);
}

TEST_CASE("grey is Pillow's grey, and colour channels can be turned round") {
  Preprocess how = levels({}, Fit::exact);
  how.channels = Channels::gray;
  CHECK(distance(preprocess(how, test_picture()).input, "gray8.npy") == 0);
  const auto rgb = preprocess(levels({}, Fit::exact), test_picture()).input.to_vector<float>();
  how.channels = Channels::bgr;
  const auto bgr = preprocess(how, test_picture()).input.to_vector<float>();
  const std::size_t plane = 17 * 23;
  CHECK(std::equal(rgb.begin(), rgb.begin() + plane, bgr.begin() + 2 * plane));
  CHECK(std::equal(rgb.begin() + 2 * plane, rgb.end(), bgr.begin()));
}

TEST_CASE("values are scaled, then normalised per channel") {
  Preprocess how;
  how.mean = {0.5, 0.25, 0.125};
  how.std = {0.25, 0.5, 2};
  const Image image = test_picture();
  const auto values = preprocess(how, image).input.to_vector<double>();
  for (std::size_t c = 0; c < 3; ++c) {
    const double expected = (image.at(5, 6)[c] / 255.0 - how.mean[c]) / how.std[c];
    CHECK(values[c * 17 * 23 + 5 * 23 + 6] == doctest::Approx(expected).epsilon(1e-6));
  }
  how.std = {1, 2};
  CHECK(input_error([&] { (void)preprocess(how, image); }).find("std has 2 values for 3 channels") !=
        std::string::npos);
}

TEST_CASE("a letterbox keeps the aspect ratio, pads with the fill and knows where the picture lies") {
  const Image image = test_picture(10, 20);
  const Prepared prepared = preprocess(levels({40, 40}, Fit::letterbox), image);
  CHECK(prepared.input.shape() == Shape{1, 3, 40, 40});
  const auto values = prepared.input.to_vector<float>();
  CHECK(values[9 * 40 + 20] == 114);
  CHECK(values[30 * 40 + 20] == 114);
  CHECK(values[10 * 40] == image.pixels[0]);
  CHECK(prepared.placement.scale_y == 2);
  CHECK(prepared.placement.scale_x == 2);
  CHECK(prepared.placement.offset_y == 10);
  CHECK(prepared.placement.offset_x == 0);
}

TEST_CASE("a crop's corner is the placement's negative offset") {
  Preprocess how = levels({20}, Fit::shorter);
  how.crop = {10};
  const Placement place = preprocess(how, test_picture(10, 30)).placement;
  CHECK(place.scale_x == 2);
  CHECK(place.offset_y == -5);
  CHECK(place.offset_x == -25);
  CHECK(place.input_width == 10);
}

TEST_CASE("a crop larger than the picture is refused") {
  Preprocess how;
  how.crop = {18};
  CHECK(input_error([&] { (void)preprocess(how, test_picture()); }).find("18x18") != std::string::npos);
}

TEST_CASE("a picture one pixel wide can be resized every way") {
  const Image line = test_picture(50, 1);
  CHECK(preprocess(levels({8, 8}, Fit::exact), line).input.shape() == Shape{1, 3, 8, 8});
  CHECK(preprocess(levels({8, 8}, Fit::letterbox), line).input.shape() == Shape{1, 3, 8, 8});
  CHECK(preprocess(levels({8}, Fit::shorter), line).input.shape() == Shape{1, 3, 400, 8});
}

TEST_CASE("channels may come last") {
  Preprocess how = levels({7, 9}, Fit::exact);
  how.mean = {1, 2, 3};
  const std::vector<float> first = preprocess(how, test_picture()).input.to_vector<float>();
  how.layout = PixelLayout::nhwc;
  const Tensor last = preprocess(how, test_picture()).input;
  REQUIRE(last.shape() == Shape{1, 7, 9, 3});
  const auto values = last.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == first[i % 3 * 63 + i / 3]);
}
