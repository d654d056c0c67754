// What an ONNX file does not say of pictures comes from a file beside it; the boxes are the author's.
#include "banoff/task/classification.hpp"
#include "banoff/task/predictor.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

bool available() { return std::filesystem::exists(data_folder() / "net_fastestdet_coco"); }

bool has_cases() { return std::filesystem::exists(data_folder() / "cases_files"); }

Model load(const std::string& file, const std::string& task) {
  LoadOptions options;
  options.task = source / "configs/tasks" / (task + ".task.yaml");
  return Model::load(data_folder() / (file + ".onnx"), options);
}

struct Expected {
  std::int64_t label;
  double score, x1, y1, x2, y2;
};

/// make_fastestdet_expected.py: the author's decoding in float64 of the reference output, in pixels of the input.
constexpr Expected people_and_more[] = {
    {0, 0.90119, 28.639, 65.680, 125.302, 309.126},    {0, 0.89476, 203.394, 149.121, 339.658, 312.034},
    {0, 0.80638, 112.041, 143.080, 180.175, 279.000},  {0, 0.78055, 162.811, 145.803, 227.058, 291.458},
    {32, 0.52983, 192.819, 266.302, 208.941, 300.310}, {0, 0.52157, 170.949, 142.981, 207.885, 260.563},
    {29, 0.38799, 289.357, 273.194, 348.689, 309.737}, {35, 0.36265, 163.717, 142.593, 189.016, 179.503},
    {32, 0.33337, 227.208, 283.706, 248.395, 309.376}, {32, 0.30084, 327.190, 273.270, 349.533, 297.561}};

}  // namespace

TEST_CASE("a task file beside an ONNX file is found, and one that is named goes before it") {
  const TemporaryFolder folder;
  OnnxModel made = small_onnx();
  const std::filesystem::path file = made.write(folder);
  CHECK(Model::load(file).manifest().task.kind == TaskKind::none);
  folder.write("made.task.yaml", "preprocess: {x: {resize: [5, 5]}}\ntask: {kind: segmentation}\n");
  const Manifest beside = Model::load(file).manifest();
  CHECK(beside.task.kind == TaskKind::segmentation);
  CHECK(beside.preprocess.at(0).input == "x");
  LoadOptions options;
  options.task = folder.write("other.yaml", "task: {kind: classification}\n");
  CHECK(Model::load(file, options).manifest().task.kind == TaskKind::classification);
  folder.write("made.task.yaml", "task:\n  kind: segmentation\n  output: nowhere\n");
  const std::string error = input_error([&] { load_to_run(file); });
  CHECK(error.find("made.task.yaml:") != std::string::npos);
  CHECK(error.find("no output 'nowhere'") != std::string::npos);
}

TEST_CASE("what a task file says goes into the YAML that an ONNX file is imported to") {
  const TemporaryFolder folder;
  const std::filesystem::path file = small_onnx().write(folder);
  folder.write("made.task.yaml", "task: {kind: detection, decoder: yolov8, iou: 0.4, labels: [a, b]}\n");
  const Model model = Model::load(file);
  model.save(folder / "made.yaml");
  CHECK(Model::load(folder / "made.yaml").manifest().task == model.manifest().task);
}

TEST_CASE("a network written as ONNX keeps what there is to say of pictures in a file beside it") {
  const TemporaryFolder folder;
  const std::filesystem::path file = small_onnx().write(folder);
  Model::load(file).save(folder / "plain.onnx");
  CHECK(!std::filesystem::exists(folder / "plain.task.yaml"));
  folder.write("made.task.yaml",
               "preprocess: {x: {resize: [5, 6], mean: [1, 2, 3], fit: letterbox}}\n"
               "task: {kind: detection, decoder: yolov8, iou: 0.4, labels: [a, 'b: c']}\n");
  const Model model = Model::load(file);
  model.save(folder / "copy.onnx");
  const Manifest copy = Model::load(folder / "copy.onnx").manifest();
  CHECK(copy.task == model.manifest().task);
  CHECK(copy.preprocess == model.manifest().preprocess);
}

TEST_CASE("a picture goes into an input of 1xHxWx3" * doctest::skip(!has_cases())) {
  const std::filesystem::path cases = data_folder() / "cases_files";
  const auto best = Predictor(Model::load(cases / "nhwc_picture.onnx"))(cases / "nhwc_picture.png").classes;
  // ONNX Runtime's answer.
  const std::map<std::string, double> expected{
      {"a", 0.11161534}, {"b", 0.47583976}, {"c", 0.21030656}, {"d", 0.20223834}};
  REQUIRE(best.size() == 4);
  CHECK(best.front().label == "b");
  for (const Ranked& one : best) CHECK(one.score == doctest::Approx(expected.at(one.label)).epsilon(1e-5));
}

TEST_CASE("rows of boxes with a batch of one are boxes" * doctest::skip(!has_cases())) {
  const std::filesystem::path cases = data_folder() / "cases_files";
  const auto found = Predictor(Model::load(cases / "end2end_rows.onnx"))(cases / "end2end_rows.png").detections;
  REQUIRE(found.size() == 2);
  CHECK(found[0].score == doctest::Approx(0.9));
  CHECK(found[0].box.x2 == doctest::Approx(5));
  CHECK(found[1].label == 1);
  CHECK(found[1].box.x1 == doctest::Approx(2));
  CHECK(found[1].box.y2 == doctest::Approx(7));
}

TEST_CASE("FastestDet's heads are decoded to the author's boxes" * doctest::skip(!available())) {
  const Model model = load("net_fastestdet_coco/fastestdet_coco", "fastestdet_coco");
  const std::filesystem::path ref = data_folder() / "net_fastestdet_coco/ref";
  const Placement input{1, 1, 0, 0, 352, 352, 352, 352};
  const BoxDecoder decode(model.manifest().task);
  const Tensor head = read_npy(ref / "fastestdet_coco.out0.npy");
  const auto found = detections(decode(std::span(&head, 1), input).rows, input, 0.3);
  REQUIRE(found.size() == std::size(people_and_more));
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    const Expected& expected = people_and_more[i];
    CHECK(found[i].label == expected.label);
    CHECK(found[i].score == doctest::Approx(expected.score).epsilon(1e-4));
    CHECK(found[i].box.x1 == doctest::Approx(expected.x1).epsilon(1e-4));
    CHECK(found[i].box.y1 == doctest::Approx(expected.y1).epsilon(1e-4));
    CHECK(found[i].box.x2 == doctest::Approx(expected.x2).epsilon(1e-4));
    CHECK(found[i].box.y2 == doctest::Approx(expected.y2).epsilon(1e-4));
  }
}

TEST_CASE("FastestDet finds the author's people on the photo, folded" * doctest::skip(!available())) {
  const Model model = load("net_fastestdet_coco/fastestdet_coco", "fastestdet_coco");
  const Image photo = read_image(data_folder() / "data_detection_photos/fastestdet_3.jpg");
  const Prepared prepared = preprocess(model.manifest().preprocess.at(0), photo);
  const Tensor head = run_on(folded(model, Method::optimal), "cpu", {{"input", prepared.input}}).begin()->second;
  const BoxDecoder decode(model.manifest().task);
  const auto found = detections(decode(std::span(&head, 1), prepared.placement).rows, prepared.placement, 0.6);
  // The photo is resized by another filter than for the reference: boxes move by a pixel or two of the 352.
  REQUIRE(found.size() == 4);
  for (const Detection& one : found) {
    const auto near = [&](const Expected& expected) {
      const double across = static_cast<double>(photo.width) / 352, down = static_cast<double>(photo.height) / 352;
      return one.label == expected.label && std::abs(one.box.x1 - expected.x1 * across) < 8 * across &&
             std::abs(one.box.y1 - expected.y1 * down) < 8 * down &&
             std::abs(one.box.x2 - expected.x2 * across) < 8 * across &&
             std::abs(one.box.y2 - expected.y2 * down) < 8 * down && std::abs(one.score - expected.score) < 0.1;
    };
    CAPTURE(one.score);
    CHECK(std::any_of(std::begin(people_and_more), std::begin(people_and_more) + 4, near));
  }
}

TEST_CASE("the shipped task files fit the networks they are for" * doctest::skip(!available())) {
  const Model mobilenet = load("net_mobilenet_v1_0.25_imagenet/mobilenet_v1_0.25_224", "mobilenet_v1_0.25_224");
  const Image coffee = read_image(data_folder() / "data_free_photos/coffee.png");
  const Tensor input = preprocess(mobilenet.manifest().preprocess.at(0), coffee).input;
  const Tensor scores = run_on(folded(mobilenet, Method::optimal), "cpu", {{"input", input}}).begin()->second;
  CHECK(classify(scores, mobilenet.manifest().task).front().label == "espresso");
  CHECK(load("net_cifar_resnet/resnet56_cifar10", "cifar_resnet").manifest().task.labels.size() == 10);
  CHECK(
      load("net_espnet_cityscapes/espnet_p2_q3_cityscapes", "espnet_p2_q3_cityscapes").manifest().task.palette.size() ==
      20);
}
