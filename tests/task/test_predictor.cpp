// Pictures to answers by the demo models, and what a predictor refuses.
#include <doctest/doctest.h>

#include "banoff/task/dataset.hpp"
#include "banoff/task/metrics.hpp"
#include "banoff/task/predictor.hpp"
#include "tests/files.hpp"
#include "tests/task/picture.hpp"

using namespace banoff;

namespace {

const std::filesystem::path demo = test::source_dir() / "configs/demo";

Model demo_model(const std::string& name) { return Model::load(demo / (name + ".yaml")); }

std::vector<Sample> samples(const Model& model, const std::string& folder) {
  std::vector<Sample> all = read_dataset(demo / "data" / folder, model.manifest().task);
  all.resize(8);
  return all;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

template <class F>
std::string usage_error(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  FAIL("nothing was thrown");
  return {};
}

}  // namespace

TEST_CASE("a classifier's answer is its best classes, and nothing else") {
  const Model model = demo_model("classifier");
  Predictor predict(model);
  Task best = model.manifest().task;
  best.top = 1;
  Predictor predict_best(model, best);
  std::vector<std::int64_t> predicted, truth;
  for (const Sample& sample : samples(model, "digits")) {
    const Prediction answer = predict(sample.image);
    REQUIRE(answer.classes.size() == 3);
    CHECK(answer.detections.empty());
    CHECK(answer.mask.classes.empty());
    CHECK(answer.outputs.contains("logits"));
    const Prediction of_pixels = predict_best(read_image(sample.image));
    REQUIRE(of_pixels.classes.size() == 1);
    CHECK(of_pixels.classes[0].index == answer.classes[0].index);
    predicted.push_back(answer.classes[0].index);
    truth.push_back(sample.label);
  }
  CHECK(accuracy(predicted, truth) > 0.8);
}

TEST_CASE("a detector's answer is boxes on the picture") {
  const Model model = demo_model("detector");
  Predictor predict(model);
  std::vector<std::vector<Detection>> found;
  std::vector<std::vector<LabelledBox>> truth;
  for (const Sample& sample : samples(model, "scenes")) {
    const Prediction answer = predict(sample.image);
    CHECK(answer.classes.empty());
    CHECK(answer.instance_masks.empty());
    for (const Detection& one : answer.detections) CHECK(one.score >= model.manifest().task.min_score);
    found.push_back(answer.detections);
    truth.push_back(sample.boxes);
  }
  CHECK(average_precision(found, truth).mean > 0.6);
}

TEST_CASE("a segmenter's answer is a mask as large as the picture") {
  const Model model = demo_model("segmenter");
  Predictor predict(model);
  ConfusionMatrix matrix;
  for (const Sample& sample : samples(model, "scenes")) {
    const Prediction answer = predict(sample.image);
    CHECK(answer.mask.height == answer.placement.image_height);
    CHECK(answer.mask.width == answer.placement.image_width);
    matrix.add(answer.mask, read_mask(sample.mask));
  }
  CHECK(matrix.pixel_accuracy() > 0.8);
}

TEST_CASE("a network without a task gives its outputs; pictures take the size of its input where asked") {
  const TemporaryFolder folder;
  const Model model = Model::load(
      folder.write("net.yaml", "inputs: {x: [1, 3, 6, 8]}\npreprocess: {x: {resize: [4, 4]}}\nnodes: [{r: relu}]\n"));
  Predictor predict(model, model.manifest().task, {}, true);
  const Prediction answer = predict(test_picture());
  CHECK(answer.outputs.at("r").shape() == Shape{1, 3, 6, 8});
  CHECK(answer.classes.empty());
  // As the file says it is not what the network takes.
  CHECK(has(input_error([&] { (void)Predictor(model)(test_picture()); }), "1x3x4x4"));
  CHECK(has(input_error([&] { (void)Predictor(model)(data_file("picture.png")); }), "picture.png: input 'x'"));
}

TEST_CASE("pictures are laid out as the input is, or as the file says") {
  const TemporaryFolder folder;
  const auto shape = [&](const std::string& input, const std::string& how) {
    const Model model = Model::load(folder.write(
        "net.yaml", "inputs: {x: " + input + "}\npreprocess: {x: {resize: [6, 8]" + how + "}}\nnodes: [{r: relu}]\n"));
    return Predictor(model)(test_picture()).outputs.at("r").shape();
  };
  CHECK(shape("[1, 6, 8, 3]", "") == Shape{1, 6, 8, 3});
  CHECK(shape("[1, H, W, 3]", "") == Shape{1, 6, 8, 3});
  CHECK(shape("[1, 6, 8, 1]", ", channels: gray") == Shape{1, 6, 8, 1});
  CHECK(shape("[1, 3, 6, 8]", "") == Shape{1, 3, 6, 8});
  // Both could be meant: the usual order, unless told.
  CHECK(has(input_error([&] { (void)shape("[1, 3, 8, 3]", ""); }), "is 1x3x6x8, 1x3x8x3 expected"));
  CHECK(has(input_error([&] { (void)shape("[1, 3, 8, 3]", ", layout: nhwc"); }), "is 1x6x8x3, 1x3x8x3 expected"));
}

TEST_CASE("outputs that cannot be what the task says are refused before a picture is seen") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& nodes, const std::string& task) {
    const Model model = Model::load(folder.write("net.yaml",
                                                 "inputs: {x: [1, 3, 32, 32]}\npreprocess: {x: {resize: [32, 32]}}\n"
                                                 "nodes: " +
                                                     nodes + "\ntask: " + task + "\n"));
    return input_error([&] { Predictor predict(model); });
  };
  const std::string relu = "[{r: relu}]", rows = "[{f: {op: reshape, shape: [1, 512, 6]}}]";
  CHECK(has(error(relu, "{kind: detection}"), "it is 1x3x32x32; raw heads need a `decoder`"));
  CHECK(has(error(relu, "{kind: classification, labels: [a, b]}"), "has 3072 scores, the task 2 labels"));
  CHECK(has(error(relu, "{kind: segmentation, labels: [a, b]}"), "has 3 classes, the task 2 labels"));
  CHECK(has(error(rows, "{kind: segmentation}"), "scores 1xCxHxW"));
  CHECK(has(error(rows, "{kind: detection, decoder: yolox}"), "21 cells"));
  CHECK(has(error(rows, "{kind: detection, decoder: yolov5, labels: [a, b]}"), "1 classes, the task 2 labels"));
}

TEST_CASE("what is no picture's network, task or file is told with the file's name and what was expected") {
  const TemporaryFolder folder;
  const auto load = [&](const std::string& inputs, const std::string& rest) {
    return Model::load(folder.write("net.yaml", "inputs: " + inputs + "\nnodes: [{r: {op: relu, from: x}}]\n" + rest));
  };
  const std::string message = usage_error([&] { Predictor predict(load("{x: [1, 3, 8, 8]}", "")); });
  CHECK(has(message, "net.yaml: 1 inputs, 0 with `preprocess:`; pictures need one of each"));
  const Model model = load("{x: [1, 3, 8, 8]}", "preprocess: {x: {resize: [8, 8]}}\n");
  Task task;
  task.kind = TaskKind::segmentation;
  task.output = "scores";
  CHECK(has(input_error([&] { Predictor predict(model, task); }),
            "net.yaml: the task's output 'scores' is none of the network's (r)"));
  task = {};
  task.kind = TaskKind::detection;
  task.masks = "masks";
  CHECK(has(input_error([&] { Predictor predict(model, task); }), "'masks' is none of the network's (r)"));
  Predictor predict(model);
  CHECK(has(input_error([&] { (void)predict(folder / "missing.png"); }), "missing.png"));
  CHECK(has(input_error([&] { (void)predict(folder / "net.yaml"); }), "net.yaml"));
}
