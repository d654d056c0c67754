#include "banoff/task/metrics.hpp"

#include <nlohmann/json.hpp>

#include "tests/files.hpp"

using namespace banoff;

TEST_CASE("accuracy counts equal entries") {
  const std::vector<std::int64_t> predicted{1, 2, 3, 4}, truth{1, 2, 0, 4};
  CHECK(accuracy(predicted, truth) == 0.75);
}

TEST_CASE("the overlap of boxes is their intersection over their union") {
  CHECK(intersection_over_union({0, 0, 4, 2}, {2, 0, 6, 2}) == doctest::Approx(4.0 / 12));
  CHECK(intersection_over_union({0, 0, 1, 1}, {1, 0, 2, 1}) == 0);
  CHECK(intersection_over_union({0, 0, 0, 0}, {0, 0, 0, 0}) == 0);
}

TEST_CASE("average precision interpolates over all points") {
  // Hit, miss, hit of 3 true boxes: precisions 1, 1/2, 2/3; at recall 2/3 the best is 2/3.
  const std::vector<std::vector<LabelledBox>> truth{{{0, {0, 0, 10, 10}}, {0, {20, 0, 30, 10}}, {0, {40, 0, 50, 10}}}};
  const std::vector<std::vector<Detection>> found{
      {{{0, 0, 10, 10}, 0.9, 0}, {{60, 0, 70, 10}, 0.8, 0}, {{20, 0, 30, 10}, 0.7, 0}}};
  CHECK(average_precision(found, truth).mean == doctest::Approx((1 + 2.0 / 3) / 3));
}

TEST_CASE("a box found twice counts once, and classes without truth do not count") {
  const std::vector<std::vector<LabelledBox>> truth{{{2, {0, 0, 10, 10}}}};
  const std::vector<std::vector<Detection>> found{
      {{{0, 0, 10, 10}, 0.5, 2}, {{0, 0, 10, 9}, 0.9, 2}, {{0, 0, 10, 10}, 0.9, 1}}};
  const AveragePrecision result = average_precision(found, truth);
  CHECK(result.per_class.size() == 1);
  CHECK(result.mean == doctest::Approx(1));
  CHECK(average_precision(std::vector<std::vector<Detection>>(1), truth).mean == 0);
}

TEST_CASE("average precision is what its definition gives on random boxes") {
  std::ifstream stream(data_file("detections.json"));
  const nlohmann::json file = nlohmann::json::parse(stream);
  const auto box_of = [](const nlohmann::json& v) { return Box{v[0], v[1], v[2], v[3]}; };
  std::vector<std::vector<LabelledBox>> truth;
  std::vector<std::vector<Detection>> found;
  for (const auto& picture : file["truth"]) {
    truth.emplace_back();
    for (const auto& one : picture) truth.back().push_back({one["label"], box_of(one["box"])});
  }
  for (const auto& picture : file["found"]) {
    found.emplace_back();
    for (const auto& one : picture) found.back().push_back({box_of(one["box"]), one["score"], one["label"]});
  }
  const AveragePrecision result = average_precision(found, truth);
  REQUIRE(result.per_class.size() == 3);
  for (std::size_t c = 0; c < 3; ++c)
    CHECK(result.per_class[c].second == doctest::Approx(file["per_class"][c].get<double>()));
  CHECK(result.mean == doctest::Approx(file["mean"].get<double>()));
  CHECK(result.mean > 0.1);
  CHECK(result.mean < 0.9);
}

TEST_CASE("mean IoU is taken over all masks together, classes in the truth only") {
  ConfusionMatrix matrix;
  matrix.add({1, 4, {0, 0, 1, 3}}, {1, 4, {0, 1, 1, 255}});
  matrix.add({1, 2, {1, 3}}, {1, 2, {1, 0}});
  const auto iou = matrix.iou();
  REQUIRE(iou.size() == 2);
  CHECK(*iou[0] == doctest::Approx(1.0 / 3));
  CHECK(*iou[1] == doctest::Approx(2.0 / 3));
  CHECK(matrix.mean_iou() == doctest::Approx(0.5));
  CHECK(matrix.pixel_accuracy() == doctest::Approx(3.0 / 5));
  CHECK_THROWS_AS(matrix.add({1, 1, {0}}, {1, 2, {0, 0}}), Error);
}
