// Decoders on heads of every value, against what NumPy finds in them (make_decoders.py).
#include <algorithm>

#include <fmt/format.h>

#include "banoff/task/detection.hpp"
#include "banoff/task/npy.hpp"
#include "tests/files.hpp"

using namespace banoff;

namespace {

/// An input of 96 x 64 pixels, and a picture of that size.
constexpr Placement input{1, 1, 0, 0, 64, 96, 64, 96};

Task task_of(Decoder decoder) {
  Task task;
  task.kind = TaskKind::detection;
  task.decoding.decoder = decoder;
  return task;
}

std::vector<Tensor> heads_of(const std::string& name) {
  std::vector<Tensor> heads;
  for (int i = 0;; ++i) {
    const auto file = data_file(fmt::format("decoders/{}.head{}.npy", name, i));
    if (!std::filesystem::exists(file)) return heads;
    heads.push_back(read_npy(file));
  }
}

Tensor expected_of(const std::string& name, const std::string& what) {
  return read_npy(data_file(fmt::format("decoders/{}.{}.npy", name, what)));
}

/// The rows, and beside them the details, are what was expected.
void check_rows_of(const std::string& name, const Task& task, std::size_t at_least) {
  const DecodedBoxes found = BoxDecoder(task)(heads_of(name), input);
  const Tensor expected = expected_of(name, "rows");
  const auto count = static_cast<std::size_t>(expected.shape()[0]),
             columns = static_cast<std::size_t>(expected.shape()[1]);
  REQUIRE(count >= at_least);
  REQUIRE(found.rows.shape() == Shape{expected.shape()[0], 6});
  const auto rows = found.rows.to_vector<double>(), details = found.details.to_vector<double>();
  const auto wanted = expected.to_vector<double>();
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < columns; ++k) {
      CAPTURE(i);
      CAPTURE(k);
      const double got = k < 6 ? rows[6 * i + k] : details.at(i * (columns - 6) + k - 6);
      CHECK(got == doctest::Approx(wanted[i * columns + k]).epsilon(1e-9));
    }
  }
}

std::string error(const Task& task, const std::vector<Tensor>& heads) {
  return input_error([&] { (void)BoxDecoder(task)(heads, input); });
}

Tensor zeros(const Shape& shape) { return Tensor::allocate(DType::f32, shape).first; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("YOLOX's cells are decoded map by map") {
  check_rows_of("yolox", task_of(Decoder::yolox), 10);
  Task task = task_of(Decoder::yolox);
  CHECK(has(
      error(task, {zeros({1, 125, 8})}),
      "head 0 must be [1, cells, 5 + classes], 126 cells: an input of 64x96 has so many at strides 8, 16, 32, it is "
      "1x125x8"));
  CHECK(has(error(task, {zeros({1, 126, 5})}), "it is 1x126x5"));
  task.labels = {"a", "b"};
  CHECK(has(error(task, {zeros({1, 126, 8})}), "3 classes, the task 2 labels"));
  task.decoding.strides = {16};
  CHECK(has(error(task, {zeros({1, 126, 7})}), "24 cells"));
}

TEST_CASE("YOLO v8's masks are sums of prototypes, cut by the boxes") {
  const Task task = task_of(Decoder::yolov8_seg);
  Task sure = task;
  sure.min_score = 0.6;
  check_rows_of("yolov8_seg", sure, 5);
  const auto heads = heads_of("yolov8_seg");
  const BoxDecoder decode(sure);
  const DecodedBoxes decoded = decode(heads, input);
  const auto found = detections(decoded.rows, input, 0.6);
  auto masks = decode.masks(heads, decoded, input, found);
  CHECK(masks.size() == found.size());
  masks.resize(6);
  const Tensor expected = expected_of("yolov8_seg", "masks");
  REQUIRE(Shape{std::ssize(masks), 64, 96} == expected.shape());
  const auto covered = expected.values<std::uint8_t>();
  std::size_t wrong = 0, inside = 0;
  for (std::size_t m = 0; m < masks.size(); ++m) {
    for (std::int64_t y = 0; y < 64; ++y) {
      for (std::int64_t x = 0; x < 96; ++x) {
        const InstanceMask& mask = masks[m];
        const std::int64_t i = y - mask.y, j = x - mask.x;
        const bool in = i >= 0 && i < mask.height && j >= 0 && j < mask.width &&
                        mask.covered[static_cast<std::size_t>(i * mask.width + j)] != 0;
        const bool wanted = covered[m * 64 * 96 + static_cast<std::size_t>(y * 96 + x)] != 0;
        inside += wanted ? 1 : 0;
        wrong += in != wanted ? 1 : 0;
      }
    }
  }
  CHECK(inside > 1000);
  CHECK(wrong == 0);
  CHECK(
      has(error(task, {zeros({1, 9, 40}), zeros({1, 5, 4, 4})}), "[1, 4 + classes + 5 coefficients of masks, boxes]"));
  CHECK(has(error(task, {zeros({1, 40, 40}), zeros({5, 4})}), "head 1 must be prototypes of masks"));
}

TEST_CASE("masks of prototypes follow the picture's place in the input") {
  // The picture's right half is covered; it lies in rows 16 to 48 of an input of 64 x 64, at half its size.
  const Placement place{0.5, 0.5, 16, 0, 64, 128, 64, 64};
  const Tensor head = Tensor::of<float>({1, 6, 1}, {32, 32, 60, 28, 0.9F, 1});
  std::vector<float> map(16 * 16, -1);
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = i % 16 >= 8 ? 1.F : -1.F;
  const std::vector<Tensor> heads{head, Tensor::of<float>({1, 1, 16, 16}, map)};
  const BoxDecoder decode(task_of(Decoder::yolov8_seg));
  const DecodedBoxes decoded = decode(heads, place);
  const auto masks = decode.masks(heads, decoded, place, detections(decoded.rows, place, 0.3));
  REQUIRE(masks.size() == 1);
  CHECK(masks[0].x == 4);
  CHECK(masks[0].y == 4);
  CHECK(masks[0].width == 120);
  CHECK(masks[0].height == 56);
  for (std::int64_t x = 0; x < 120; ++x) CHECK(int{masks[0].covered[static_cast<std::size_t>(x)]} == (x >= 60 ? 1 : 0));
}

TEST_CASE("CenterFace's warm cells are faces with landmarks") {
  Task task = task_of(Decoder::centerface);
  task.decoding.iou = 0.3;
  check_rows_of("centerface", task, 10);
  const Placement half{0.5, 0.5, 8, 4, 96, 184, 64, 96};
  const BoxDecoder decode(task);
  const DecodedBoxes decoded = decode(heads_of("centerface"), half);
  auto found = detections(decoded.rows, half, 0.3);
  decode.add_landmarks(decoded, half, found);
  const auto expected = expected_of("centerface", "rows").to_vector<double>();
  REQUIRE(found.front().landmarks.size() == 5);
  CHECK(found.front().landmarks[4].x == doctest::Approx((expected[14] - 4) * 2));
  CHECK(found.front().landmarks[4].y == doctest::Approx((expected[15] - 8) * 2));

  const Tensor heat = zeros({1, 1, 16, 24}), two = zeros({1, 2, 16, 24});
  CHECK(has(error(task, {zeros({1, 2, 16, 24}), two, two, two}),
            "head 0 must be a heat map [1, 1, height, width], it is 1x2"));
  CHECK(has(error(task, {heat, zeros({1, 2, 16, 23}), two, two}), "head 1"));
  CHECK(has(error(task, {heat, two, two, zeros({1, 9, 16, 24})}), "head 3 must be landmarks"));
  CHECK(has(error(task, {heat, two, two}), "3 heads, the decoder reads 4"));
}

TEST_CASE("PicoDet's sides are the mean bins of distributions, map by map") {
  Task task = task_of(Decoder::picodet);
  task.decoding.strides = {8, 16, 32, 64};
  check_rows_of("picodet", task, 10);
  task.decoding.strides = {32, 64};
  const Tensor scores = zeros({1, 6, 3}), sides = zeros({1, 6, 20}), last_sides = zeros({1, 2, 20});
  CHECK(has(error(task, {scores, zeros({1, 3, 3}), sides, last_sides}),
            "head 1 must be [1, cells, classes], 2 cells: an input of 64x96 has so many at stride 64, it is 1x3x3"));
  CHECK(has(error(task, {scores, zeros({1, 2, 3}), zeros({1, 6, 21}), last_sides}), "head 2 must be logits"));
  CHECK(has(error(task, {scores, sides}), "2 heads, the decoder reads 4"));
  task.labels = {"a", "b"};
  CHECK(has(error(task, {scores, zeros({1, 2, 3}), sides, last_sides}), "3 classes, the task 2 labels"));
}

TEST_CASE("SSD's priors may come with a variance each, and everything in one row") {
  Task task = task_of(Decoder::ssd);
  task.decoding.background = true;
  task.decoding.relative = true;
  task.decoding.iou = 0.45;
  check_rows_of("ssd", task, 5);
  CHECK(has(error(task, {zeros({1, 120}), zeros({1, 91}), zeros({1, 2, 120})}), "head 1"));
  CHECK(has(error(task, {zeros({1, 120}), zeros({1, 90}), zeros({1, 2, 116})}),
            "head 2 must be an anchor for each delta"));
  CHECK(has(error(task, {zeros({1, 121}), zeros({1, 90}), zeros({1, 2, 120})}), "head 0"));
}
