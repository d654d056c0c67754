#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "banoff/task/classification.hpp"
#include "banoff/task/draw.hpp"
#include "tests/files.hpp"
#include "tests/task/picture.hpp"

using namespace banoff;

TEST_CASE("softmax of large logits is finite and sums to one") {
  const auto p = softmax(std::vector<double>{1000, 999, -1000});
  CHECK(p[0] == doctest::Approx(1 / (1 + std::exp(-1.0))));
  CHECK(p[0] + p[1] + p[2] == doctest::Approx(1));
}

TEST_CASE("the best classes come first, with labels, ties by index") {
  Task task;
  task.kind = TaskKind::classification;
  task.labels = {"ant", "bee", "cat", "dog"};
  task.top = 3;
  task.softmax = false;
  const auto best = classify(Tensor::of<float>({1, 4}, {2, 5, 2, -1}), task);
  REQUIRE(best.size() == 3);
  CHECK(best[0].label == "bee");
  CHECK(best[0].score == 5);
  CHECK(best[1].label == "ant");
  CHECK(best[2].label == "cat");
  CHECK(input_error([&] {
          (void)classify(Tensor::of<float>({1, 3}, {1, 2, 3}), task);
        }).find("4 labels") != std::string::npos);
}

TEST_CASE("a score that is no number ranks last") {
  Task task;
  task.softmax = false;
  task.top = 4;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto best = classify(Tensor::of<float>({4}, {nan, 1, nan, 3}), task);
  CHECK(best[0].index == 3);
  CHECK(best[1].index == 1);
  CHECK(best[2].index == 0);
}

TEST_CASE("boxes go back to the picture, are clipped to it and cut by score") {
  Placement place;
  place.scale_x = 2;
  place.scale_y = 0.5;
  place.offset_x = 10;
  place.offset_y = -5;
  place.image_width = 30;
  place.image_height = 200;
  const Tensor rows = Tensor::of<float>({3, 6}, {20, 5, 40, 45, 0.9F, 3,  //
                                                 0, -20, 500, 500, 0.5F, 1, 1, 1, 2, 2, 0.2F, 0});
  const auto found = detections(rows, place, 0.3);
  REQUIRE(found.size() == 2);
  CHECK(found[0].label == 3);
  CHECK(found[0].box.x1 == 5);
  CHECK(found[0].box.x2 == 15);
  CHECK(found[0].box.y1 == 20);
  CHECK(found[0].box.y2 == 100);
  CHECK(found[1].box.x1 == 0);
  CHECK(found[1].box.x2 == 30);
  CHECK(found[1].box.y2 == 200);
  CHECK_THROWS_AS((void)detections(Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6}), place, 0), Error);
}

TEST_CASE("rows may have a batch of one; other shapes are refused with what was expected") {
  const Placement place{1, 1, 0, 0, 10, 10, 10, 10};
  const std::vector<float> row{1, 2, 3, 4, 0.5, 1};
  CHECK(detections(Tensor::of<float>({1, 1, 6}, row), place, 0.3).size() == 1);
  CHECK(detections(Tensor::of<float>({1, 6}, row), place, 0.3).size() == 1);
  for (const Shape& shape : {Shape{6}, Shape{1, 6, 1}, Shape{1, 1, 1, 6}, Shape{2, 3}}) {
    const std::string message = input_error([&] { (void)detections(Tensor::of<float>(shape, row), place, 0.3); });
    CHECK(message.find("[count, 6] or [1, count, 6], it is " + shape.str()) != std::string::npos);
  }
  const Tensor masks = Tensor::of<float>({1, 1, 1, 1}, {1});
  const Tensor rows = Tensor::of<float>({1, 1, 6}, row);
  CHECK(instance_masks(masks, rows, place, detections(rows, place, 0.3)).size() == 1);
}

TEST_CASE("no detections are no error") { CHECK(detections(Tensor::of<float>({0, 6}, {}), {}, 0).empty()); }

TEST_CASE("a mask is the largest score per pixel, taken back to the picture by nearest neighbour") {
  Placement place;
  place.image_height = place.image_width = 4;
  place.input_height = place.input_width = 8;
  place.scale_y = place.scale_x = 2;
  // The network's output has a quarter of its input's sides: one sample per 2x2 pixels of the picture.
  const Tensor scores = Tensor::of<float>({1, 3, 2, 2}, {1, 0, 0, 5, 0, 2, 0, 0, 0, 0, 7, 0});
  const Mask mask = segment(scores, place);
  CHECK(mask.classes == std::vector<std::uint8_t>{0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 0, 0, 2, 2, 0, 0});
}

TEST_CASE("pixels a crop kept from the network are of unknown class") {
  Placement place;
  place.image_height = 2;
  place.image_width = 4;
  place.input_height = place.input_width = 2;
  place.offset_x = -1;
  const Mask mask = segment(Tensor::of<float>({1, 1, 2, 2}, {1, 1, 1, 1}), place);
  CHECK(mask.classes == std::vector<std::uint8_t>{255, 0, 0, 255, 255, 0, 0, 255});
}

TEST_CASE("a detection is framed in its colour and nothing else but its label changes") {
  Task task;
  task.kind = TaskKind::detection;
  task.labels = {"kite"};
  task.palette = {{10, 250, 20}};
  Image image(60, 100, 3);
  const std::vector<Detection> found{{{20, 30, 70, 50}, 0.5, 0}};
  const Image drawn = draw_detections(image, found, task);
  const auto colour_at = [&](std::int64_t y, std::int64_t x) {
    return Colour{drawn.at(y, x)[0], drawn.at(y, x)[1], drawn.at(y, x)[2]};
  };
  CHECK(colour_at(40, 20) == task.palette[0]);
  CHECK(colour_at(49, 45) == task.palette[0]);
  CHECK(colour_at(40, 69) == task.palette[0]);
  CHECK(colour_at(40, 40) == Colour{0, 0, 0});
  CHECK(colour_at(55, 5) == Colour{0, 0, 0});
  // The label lies above the frame: its background, and ink on it.
  std::set<Colour> label;
  for (std::int64_t x = 20; x < 60; ++x) {
    for (std::int64_t y = 20; y < 30; ++y) label.insert(colour_at(y, x));
  }
  CHECK(label == std::set<Colour>{task.palette[0], {0, 0, 0}});
}

TEST_CASE("boxes and labels beyond the picture's edge are clipped, whatever the label says") {
  Task task;
  task.labels = {"a label with accents éèê and \x01 much longer than the picture is wide"};
  const std::vector<Detection> found{{{-50, -50, 500, 500}, 1, 0}, {{3, 3, 3, 3}, 1, -7}};
  CHECK(draw_detections(Image(8, 8, 1), found, task).pixels.size() == 8 * 8 * 3);
}

TEST_CASE("a mask is blended over the picture and named in a legend") {
  Task task;
  task.kind = TaskKind::segmentation;
  task.labels = {"sky", "road"};
  task.palette = {{0, 0, 0}, {200, 100, 0}};
  Image image(20, 60, 3);
  std::ranges::fill(image.pixels, std::uint8_t{100});
  Mask mask{20, 60, std::vector<std::uint8_t>(20 * 60, 0)};
  mask.classes[0] = 1;
  mask.classes[1] = Mask::unknown;
  const Image drawn = draw_mask(image, mask, task, 0.5);
  CHECK(drawn.at(0, 0)[0] == 150);
  CHECK(drawn.at(0, 0)[2] == 50);
  CHECK(drawn.at(0, 1)[0] == 100);
  CHECK(drawn.at(5, 5)[0] == 100);
  REQUIRE(drawn.height > 30);
  CHECK(drawn.at(26, 5)[1] == 100);  // the legend's square
  CHECK(drawn.at(26, 5)[2] == 0);
  task.palette[0] = {0, 0, 200};
  CHECK(draw_mask(image, mask, task, 0.5).at(5, 5)[2] == 150);  // class 0 has a colour: it is no background
}

TEST_CASE("classes without a palette have colours of their own") {
  Task task;
  std::set<Colour> colours;
  for (std::int64_t i = 0; i < 80; ++i) colours.insert(colour_of(task, i));
  CHECK(colours.size() == 80);
}

TEST_CASE("masks lie over the boxes they belong to, in the picture's pixels") {
  Placement place;  // the network saw the picture at half its size, moved by 2
  place.scale_x = place.scale_y = 0.5;
  place.offset_x = 2;
  place.image_width = 20;
  place.image_height = 12;
  // The second box is 4..8 x 8..16 of the picture, its mask set in the left half; the third reaches beyond the picture.
  const Tensor rows = Tensor::of<float>({3, 6}, {0, 0, 1, 1, 0.1F, 1, 6, 2, 10, 4, 0.9F, 1, -4, 0, 4, 6, 0.8F, 2});
  const Tensor masks = Tensor::of<float>({3, 1, 1, 4}, {1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1});
  const auto found = detections(rows, place, 0.3);
  REQUIRE(found.size() == 2);
  CHECK(found[0].row == 1);
  const auto covered = instance_masks(masks, rows, place, found);
  REQUIRE(covered.size() == 2);
  CHECK(covered[0].x == 8);
  CHECK(covered[0].y == 4);
  CHECK(covered[0].width == 8);
  CHECK(covered[0].height == 4);
  for (std::int64_t j = 0; j < 8; ++j) CHECK(covered[0].covered[static_cast<std::size_t>(8 + j)] == (j < 4 ? 1 : 0));
  CHECK(covered[1].x == 0);
  CHECK(covered[1].width == 4);  // of 16: three quarters of the box are outside
}

TEST_CASE("masks of another number than the boxes are refused, and boxes that are no numbers are none") {
  const Tensor rows = Tensor::of<float>({1, 6}, {0, 0, 4, 4, 0.9F, 1});
  Placement place;
  place.image_width = place.image_height = 8;
  const auto found = detections(rows, place, 0.3);
  CHECK(input_error([&] {
          (void)instance_masks(Tensor::of<float>({2, 1, 1, 1}, {1, 1}), rows, place, found);
        }).find("1x1xHxW") != std::string::npos);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(detections(Tensor::of<float>({1, 6}, {0, nan, 4, 4, 0.9F, 1}), place, 0.3).empty());
  const Tensor point = Tensor::of<float>({1, 6}, {2, 2, 2, 2, 0.9F, 1});
  const auto none = instance_masks(Tensor::of<float>({1, 1, 1, 1}, {1}), point, place, detections(point, place, 0.3));
  REQUIRE(none.size() == 1);
  CHECK(none[0].covered.empty());
}

TEST_CASE("a mask tints what it covers") {
  const std::vector<Detection> found{{{0, 0, 60, 40}, 0.9, 1, 0}};
  InstanceMask mask{0, 0, 60, 40, std::vector<std::uint8_t>(60 * 40, 1)};
  mask.covered[30 * 60 + 51] = 0;
  const Task task;
  const Image drawn = draw_detections(Image(40, 60, 3), found, task, std::vector{mask});
  const Colour colour = colour_of(task, 1);
  for (std::size_t c = 0; c < 3; ++c) CHECK(drawn.at(30, 50)[c] == std::lround(0.5 * colour[c]));
  for (std::size_t c = 0; c < 3; ++c) CHECK(drawn.at(30, 51)[c] == 0);
}
