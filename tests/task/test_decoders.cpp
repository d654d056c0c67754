// Heads made by hand, whose boxes are known.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "banoff/task/detection.hpp"
#include "banoff/task/npy.hpp"
#include "tests/files.hpp"

using namespace banoff;

namespace {

Task task_of(Decoder decoder) {
  Task task;
  task.kind = TaskKind::detection;
  task.decoding.decoder = decoder;
  return task;
}

/// An input of 80 x 60 pixels.
constexpr Placement input{1, 1, 0, 0, 60, 80, 60, 80};

std::vector<Detection> decode(const Task& task, const std::vector<Tensor>& heads) {
  return detections(BoxDecoder(task)(heads, input).rows, input, task.min_score);
}

void check_box(const Detection& found, std::int64_t label, double score, const std::vector<double>& box) {
  CHECK(found.label == label);
  CHECK(found.score == doctest::Approx(score));
  CHECK(found.box.x1 == doctest::Approx(box[0]));
  CHECK(found.box.y1 == doctest::Approx(box[1]));
  CHECK(found.box.x2 == doctest::Approx(box[2]));
  CHECK(found.box.y2 == doctest::Approx(box[3]));
}

double logit(double p) { return std::log(p / (1 - p)); }

}  // namespace

TEST_CASE("YOLO v5 rows are centre, sides, objectness and classes; the best class counts") {
  const Tensor head = Tensor::of<double>({1, 4, 7}, {20, 30, 10, 20, 0.9, 0.2, 0.8,    //
                                                     21, 30, 10, 20, 0.8, 0.1, 0.7,    // overlaps the first, same class
                                                     21, 30, 10, 20, 0.8, 0.9, 0.1,    // overlaps, another class
                                                     60, 20, 8,  6,  0.5, 0.5, 0.5});  // 0.25 is too little
  const auto found = decode(task_of(Decoder::yolov5), {head});
  REQUIRE(found.size() == 2);
  check_box(found[0], 1, 0.72, {15, 20, 25, 40});
  check_box(found[1], 0, 0.72, {16, 20, 26, 40});
}

TEST_CASE("YOLO v8 has a column for each box and no objectness") {
  // Columns: two boxes of class 2 far apart, one of class 0 that scores too little.
  const Tensor head = Tensor::of<double>({1, 7, 3}, {10,  50,   30,    //
                                                     10,  40,   30,    //
                                                     4,   20,   2,     //
                                                     8,   10,   2,     //
                                                     0.1, 0.0,  0.29,  //
                                                     0.2, 0.1,  0.1,   //
                                                     0.6, 0.95, 0.0});
  const auto found = decode(task_of(Decoder::yolov8), {head});
  REQUIRE(found.size() == 2);
  check_box(found[0], 2, 0.95, {40, 35, 60, 45});
  check_box(found[1], 2, 0.6, {8, 6, 12, 14});
}

TEST_CASE("FastestDet's cells shift their centre by a tanh and take a sigmoid of the input's sides") {
  const std::int64_t rows = 3, columns = 4, classes = 2;
  std::vector<double> map(static_cast<std::size_t>((5 + classes) * rows * columns), 0);
  const auto set = [&](std::int64_t channel, std::int64_t y, std::int64_t x, double value) {
    map[static_cast<std::size_t>((channel * rows + y) * columns + x)] = value;
  };
  set(0, 1, 2, 0.9);
  set(1, 1, 2, std::atanh(0.5));
  set(2, 1, 2, std::atanh(-0.25));
  set(3, 1, 2, logit(0.25));
  set(4, 1, 2, logit(0.5));
  set(5, 1, 2, 0.1);
  set(6, 1, 2, 0.7);
  const auto found = decode(task_of(Decoder::fastestdet), {Tensor::of<double>({1, 7, rows, columns}, map)});
  REQUIRE(found.size() == 1);
  // Cells are 20 x 20 pixels: the centre is (2.5, 0.75) cells, the sides a quarter of 80 and half of 60.
  check_box(found[0], 1, std::pow(0.9, 0.6) * std::pow(0.7, 0.4), {40, 0, 60, 30});
}

TEST_CASE("SSD moves anchors by deltas in their sides and variances") {
  Task task = task_of(Decoder::ssd);
  task.decoding.background = true;
  task.decoding.scores = ScoreKind::softmax;
  task.decoding.relative = true;
  task.decoding.form = BoxForm::centres;
  const Tensor deltas = Tensor::of<double>({1, 2, 4}, {1, -2, 5 * std::log(2.0), 0, 0, 0, 0, 0});
  // Softmax of logarithms are the numbers themselves.
  const Tensor scores = Tensor::of<double>(
      {1, 2, 3}, {std::log(0.1), std::log(0.2), std::log(0.7), std::log(0.9), std::log(0.05), std::log(0.05)});
  const Tensor anchors = Tensor::of<double>({2, 4}, {0.5, 0.5, 0.25, 0.5, 0.1, 0.1, 0.1, 0.1});
  // The anchor is (40, 30) of 20 x 30: moved by 0.1 * 20 and -0.2 * 30 to (42, 24), twice as wide.
  const std::vector<double> box{22, 9, 62, 39};
  const auto found = decode(task, {deltas, scores, anchors});
  REQUIRE(found.size() == 1);
  check_box(found[0], 2, 0.7, box);

  const TemporaryFolder folder;
  write_npy(folder / "anchors.npy", anchors);
  task.decoding.anchors = folder / "anchors.npy";
  CHECK(BoxDecoder(task).heads({"deltas", "scores"}) == std::vector<std::string>{"deltas", "scores"});
  const auto same = decode(task, {deltas, scores});
  REQUIRE(same.size() == 1);
  check_box(same[0], 2, 0.7, box);
}

TEST_CASE("boxes with a score for each class may be found in several classes") {
  Task task = task_of(Decoder::boxes);
  task.decoding.scores = ScoreKind::sigmoid;
  const Tensor boxes = Tensor::of<double>({3, 4}, {10, 10, 30, 30, 12, 10, 32, 30, 50, 5, 70, 25});
  const Tensor scores =
      Tensor::of<double>({3, 2}, {logit(0.6), logit(0.8), logit(0.7), logit(0.1), logit(0.2), logit(0.4)});
  const auto found = decode(task, {boxes, scores});
  REQUIRE(found.size() == 3);
  check_box(found[0], 1, 0.8, {10, 10, 30, 30});
  check_box(found[1], 0, 0.7, {12, 10, 32, 30});
  check_box(found[2], 1, 0.4, {50, 5, 70, 25});
  task.decoding.iou = 0.9;  // 18 of 22 columns are common: no longer the same
  CHECK(decode(task, {boxes, scores}).size() == 4);
  task.decoding.max = 2;
  CHECK(decode(task, {boxes, scores}).size() == 2);
}

TEST_CASE("CenterNet's peaks are centres, and boxes that overlap are kept") {
  Task task = task_of(Decoder::centernet);
  task.decoding.scores = ScoreKind::sigmoid;
  const std::int64_t rows = 6, columns = 8;
  std::vector<double> heat(static_cast<std::size_t>(2 * rows * columns), -9), sides(heat.size()), offsets(heat.size());
  const auto at = [&](std::int64_t channel, std::int64_t y, std::int64_t x) {
    return static_cast<std::size_t>((channel * rows + y) * columns + x);
  };
  heat[at(1, 2, 3)] = logit(0.8);
  heat[at(1, 2, 4)] = logit(0.7);  // on the slope of the peak beside it
  heat[at(1, 4, 4)] = logit(0.6);  // a peak of its own, two rows below
  heat[at(0, 0, 7)] = logit(0.5);  // in the corner
  for (const std::size_t i : {at(0, 2, 3), at(0, 4, 4), at(0, 0, 7)}) sides[i] = 4, offsets[i] = 0.5;
  for (const std::size_t i : {at(1, 2, 3), at(1, 4, 4), at(1, 0, 7)}) sides[i] = 3, offsets[i] = 0.25;
  const Shape two{1, 2, rows, columns};
  const auto found =
      decode(task, {Tensor::of<double>(two, heat), Tensor::of<double>(two, sides), Tensor::of<double>(two, offsets)});
  // Cells of 10 x 10 pixels.
  REQUIRE(found.size() == 3);
  check_box(found[0], 1, 0.8, {15, 7.5, 55, 37.5});
  check_box(found[1], 1, 0.6, {25, 27.5, 65, 57.5});
  check_box(found[2], 0, 0.5, {55, 0, 80, 17.5});
}

TEST_CASE("numbers that are none find nothing") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(decode(task_of(Decoder::yolov5), {Tensor::of<double>({1, 2, 6}, {nan, 1, 1, 1, 1, 1, 1, 1, 1, 1, nan, 1})})
            .empty());
  CHECK(
      decode(task_of(Decoder::fastestdet), {Tensor::of<double>({1, 6, 1, 1}, {nan, nan, nan, nan, nan, nan})}).empty());
  const auto found = decode(task_of(Decoder::yolov5), {Tensor::of<double>({1, 1, 6}, {10, 10, inf, 4, 1, 1})});
  CHECK(found.size() <= 1);
}

TEST_CASE("heads that a decoder does not read are refused, with what it reads") {
  const auto error = [](const Task& task, const std::vector<Tensor>& heads) {
    return input_error([&] { (void)decode(task, heads); });
  };
  const auto zeros = [](const Shape& shape) {
    return Tensor::of<double>(shape, std::vector<double>(static_cast<std::size_t>(shape.elements())));
  };
  CHECK(error(task_of(Decoder::yolov8), {zeros({1, 4, 10})}).find("[1, 4 + classes, boxes]") != std::string::npos);
  CHECK(error(task_of(Decoder::yolov5), {zeros({2, 10, 85})}).find("head 0") != std::string::npos);
  CHECK(error(task_of(Decoder::fastestdet), {zeros({1, 5, 2, 2})}).find("5 + classes") != std::string::npos);
  CHECK(error(task_of(Decoder::boxes), {zeros({1, 3, 4}), zeros({1, 2, 4})}).find("head 1") != std::string::npos);
  CHECK(error(task_of(Decoder::boxes), {zeros({1, 3, 4})}).find("1 heads") != std::string::npos);
  CHECK(error(task_of(Decoder::ssd), {zeros({1, 3, 4}), zeros({1, 3, 2}), zeros({4, 4})}).find("head 2") !=
        std::string::npos);
  Task labelled = task_of(Decoder::yolov8);
  labelled.labels = {"one"};
  CHECK(error(labelled, {zeros({1, 84, 10})}).find("80 classes, the task 1 labels") != std::string::npos);
  CHECK(input_error([] { (void)BoxDecoder(task_of(Decoder::ssd)).heads({"only"}); }).find("reads 3") !=
        std::string::npos);
}
