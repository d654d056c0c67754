// Lines of text: where they are, and what they say.
#include "banoff/task/detection.hpp"
#include "banoff/task/transcription.hpp"
#include "tests/files.hpp"

using namespace banoff;

namespace {

/// A map of 12 x 8 for an input of twice that size, with these pixels.
struct Map {
  std::vector<float> values = std::vector<float>(12 * 8, 0.1F);

  void fill(std::size_t x, std::size_t y, std::size_t width, std::size_t height, float probability) {
    for (std::size_t i = y; i < y + height; ++i) {
      for (std::size_t j = x; j < x + width; ++j) values[i * 12 + j] = probability;
    }
  }
  [[nodiscard]] Tensor head() const { return Tensor::of<float>({1, 1, 8, 12}, std::vector<float>(values)); }
};

constexpr Placement twice{1, 1, 0, 0, 16, 24, 16, 24};

Task regions() {
  Task task;
  task.kind = TaskKind::detection;
  task.min_score = 0.5;
  task.decoding.decoder = Decoder::dbnet;
  task.decoding.unclip = 0;
  return task;
}

std::vector<double> rows(const Task& task, const Tensor& head) {
  return BoxDecoder(task)(std::span(&head, 1), twice).rows.to_vector<double>();
}

Task alphabet() {
  Task task;
  task.kind = TaskKind::text;
  task.labels = {"a", "é", " "};
  return task;
}

/// Scores of steps at which these characters are the best, by 0.5, 0.6, 0.7, …
Tensor steps(const std::vector<std::size_t>& best) {
  std::vector<float> scores(best.size() * 4, 0.1F);
  for (std::size_t i = 0; i < best.size(); ++i) scores[i * 4 + best[i]] = 0.5F + 0.1F * static_cast<float>(i);
  return Tensor::of<float>({1, static_cast<std::int64_t>(best.size()), 4}, std::move(scores));
}

}  // namespace

TEST_CASE("regions that touch at a corner are one line, whose score is their pixels' mean") {
  Map map;
  map.fill(1, 1, 3, 2, 0.9F);
  map.fill(4, 3, 2, 2, 0.6F);
  const std::vector<double> found = rows(regions(), map.head());
  REQUIRE(found.size() == 6);
  const std::vector<double> expected{2, 2, 12, 10, (6 * 0.9 + 4 * 0.6) / 10, 0};
  for (std::size_t i = 0; i < 6; ++i) CHECK(found[i] == doctest::Approx(expected[i]));
}

TEST_CASE("of regions specks and those that are unsure are left out, and the others grow") {
  Map map;
  map.fill(0, 0, 4, 3, 0.8F);
  map.fill(6, 0, 6, 2, 0.9F);  // two pixels high
  map.fill(6, 4, 4, 4, 0.4F);  // above the threshold, below the least score
  Task task = regions();
  std::vector<double> found = rows(task, map.head());
  REQUIRE(found.size() == 6);
  CHECK(found[2] == 8);
  task.decoding.unclip = 1.75;  // of 12 / 14 pixels: 1.5 of the map's on each side
  found = rows(task, map.head());
  CHECK(found[0] == doctest::Approx(-3));
  CHECK(found[1] == doctest::Approx(-3));
  CHECK(found[2] == doctest::Approx(11));
  CHECK(found[3] == doctest::Approx(9));
  task.min_score = 0.35;
  CHECK(rows(task, map.head()).size() == 12);
  task.decoding.threshold = 0.5;
  CHECK(rows(task, map.head()).size() == 6);
  CHECK(input_error([&] {
          (void)rows(task, Tensor::of<float>({1, 2, 4, 4}, std::vector<float>(32)));
        }).find("a map of probabilities [1, 1, height, width], it is 1x2x4x4") != std::string::npos);
}

TEST_CASE("characters that repeat count once unless the blank stands between them") {
  const Transcription read = transcribe(steps({0, 1, 1, 0, 1, 3, 2}), alphabet());
  CHECK(read.text == "aa é");
  CHECK(read.score == doctest::Approx((0.6 + 0.9 + 1.0 + 1.1) / 4));
  const Transcription nothing = transcribe(steps({0, 0}), alphabet());
  CHECK(nothing.text.empty());
  CHECK(nothing.score == 0);
}

TEST_CASE("an output that is no text is told with what was expected") {
  Task task = alphabet();
  const auto error = [&](const Shape& shape) {
    return input_error([&] { (void)transcribe(Tensor::allocate(DType::f32, shape).first, task); });
  };
  CHECK(error({1, 4}).find("[1, steps, 1 + characters], it is 1x4") != std::string::npos);
  CHECK(error({2, 5, 4}).find("it is 2x5x4") != std::string::npos);
  task.labels.pop_back();
  CHECK(error({1, 5, 4}).find("a blank and 3 characters, the task 2 labels") != std::string::npos);
}
