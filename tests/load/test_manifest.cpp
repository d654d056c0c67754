#include "runtime/load/manifest.hpp"
#include "support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {
const std::string net = "inputs: {image: [1, 3, 8, 8]}\nnodes: [{relu: relu}]\noutputs: {y: relu}\n";
Manifest manifest(const std::string& lines) { return parse(net + lines).manifest; }
std::string manifest_error(const std::string& lines) { return parse_error(net + lines); }
}  // namespace

TEST_CASE("preprocessing is read, and fit follows from how resize is written") {
  const Manifest m =
      manifest("preprocess: {image: {resize: 36, crop: 32, mean: [0.1, 0.2, 0.3], std: 0.5, channels: bgr}}\n");
  REQUIRE(m.preprocess.size() == 1);
  const Preprocess& p = m.preprocess[0];
  CHECK(p.input == "image");
  CHECK(p.resize == Ints{36});
  CHECK(p.crop == Ints{32});
  CHECK(p.fit == Fit::shorter);
  CHECK(p.mean == std::vector<double>{0.1, 0.2, 0.3});
  CHECK(p.std == std::vector<double>{0.5});
  CHECK(p.channels == Channels::bgr);
  CHECK(manifest("preprocess: {image: {resize: [36, 40]}}\n").preprocess[0].fit == Fit::exact);
}

TEST_CASE("labels are a list or a text file beside the model") {
  const Manifest m = manifest("task: {kind: classification, labels: [cat, dog, 7], top: 2, output: y}\n");
  CHECK(m.task.labels == std::vector<std::string>{"cat", "dog", "7"});
  const TemporaryFolder folder;
  write(folder / "labels.txt", "tench\r\ngreat white shark\n");
  const std::string text = net + "task: {kind: segmentation, labels: labels.txt, palette: [[0, 0, 0], [255, 1, 2]]}\n";
  const Task task = parse_yaml(text, (folder / "net.yaml").string()).manifest.task;
  CHECK(task.labels == std::vector<std::string>{"tench", "great white shark"});
  CHECK(task.palette.size() == 2);
  // A byte-order mark, and lines without anything at the end.
  write(folder / "labels.txt", "\xEF\xBB\xBFtench\r\n\r\ngreat white shark\r\n\r\n\n");
  CHECK(parse_yaml(text, (folder / "net.yaml").string()).manifest.task.labels ==
        std::vector<std::string>{"tench", "", "great white shark"});
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: classification, labels: no.txt}\n"), "net.yaml:4: task: labels",
                    "no.txt");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: classification, labels: /dev/zero}\n"), "not a regular file");
}

TEST_CASE("mistakes in preprocess and task name their line") {
  CHECK_MESSAGE_HAS(manifest_error("preprocess: {imag: {}}\n"), "net.yaml:4", "did you mean 'image'?");
  CHECK_MESSAGE_HAS(manifest_error("preprocess: {image: {fit: stretch}}\n"),
                    "net.yaml:4: preprocess 'image': fit: unknown word 'stretch'");
  CHECK_MESSAGE_HAS(manifest_error("preprocess: {image: {std: [1, 0, 1]}}\n"), "std and scale positive");
  CHECK_MESSAGE_HAS(manifest_error("preprocess: {image: {mean: [1, 2]}}\n"), "2 numbers for 3 channels");
  CHECK_MESSAGE_HAS(manifest_error("preprocess: {image: {resize: 1000000}}\n"), "sizes are");
  CHECK_MESSAGE_HAS(manifest_error("task: {labels: [a]}\n"), "net.yaml:4: task: 'kind' must be given");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: clasification}\n"), "did you mean 'classification'?");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: classification, output: z}\n"), "no output 'z'");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: segmentation, palette: [[0, 0, 256]]}\n"), "0 to 255");
}

TEST_CASE("a decoder's keys are read, and refused where they mean nothing") {
  const Task task = manifest(
                        "task: {kind: detection, decoder: ssd, heads: [y], iou: 0.4, max: 7, scores: softmax,\n"
                        "       background: true, form: centres, relative: true, anchors: a.npy,\n"
                        "       variances: [0.1, 0.1, 0.2, 0.3]}\n")
                        .task;
  CHECK(task.decoding.decoder == Decoder::ssd);
  CHECK(task.decoding.heads == std::vector<std::string>{"y"});
  CHECK(task.decoding.max == 7);
  CHECK(std::filesystem::path(task.decoding.anchors).is_absolute());
  CHECK(task.decoding.variances[3] == 0.3);
  CHECK(manifest("task: {kind: detection, decoder: yolox, strides: [8, 16]}\n").task.decoding.strides == Ints{8, 16});
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: yolox, strides: [0]}\n"), "strides");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: yolov5, strides: [8]}\n"),
                    "decoders yolox and picodet");
  CHECK(manifest("task: {kind: detection, decoder: dbnet, threshold: 0.2, unclip: 2}\n").task.decoding.unclip == 2);
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: boxes, unclip: 2}\n"), "decoder dbnet");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: dbnet, threshold: 1}\n"), "threshold: expected");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: dbnet, unclip: -1}\n"), "unclip: expected");
  CHECK(manifest("preprocess: {image: {layout: nhwc}}\n").preprocess[0].layout == PixelLayout::nhwc);
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: yolo}\n"), "net.yaml:4: task: decoder",
                    "did you mean");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: boxes, heads: [z]}\n"), "no output 'z'");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, iou: 0.4}\n"), "no `decoder`");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: classification, decoder: boxes}\n"), "only detection");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: yolov8, relative: true}\n"), "relative");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: boxes, anchors: a.npy}\n"), "decoder ssd");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: yolov5, scores: sigmoid}\n"), "probabilities");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: centernet, scores: softmax}\n"), "heat map");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: ssd, variances: [1, 2]}\n"), "4 numbers");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: boxes, max: 100000000}\n"), "1 to 100000");
  CHECK_MESSAGE_HAS(manifest_error("task: {kind: detection, decoder: boxes, masks: y}\n"), "no masks");
}

TEST_CASE("a task file replaces preprocess and task, and has nothing else") {
  const TemporaryFolder folder;
  const LoadedModel model = parse(net + "task: {kind: classification, top: 3}\n");
  const auto read = [&](const std::string& text) {
    Manifest changed = model.manifest;
    write(folder / "x.task.yaml", text);
    read_task_file(folder / "x.task.yaml", model.graph, changed);
    return changed;
  };
  const Manifest changed = read("preprocess: {image: {resize: [8, 8]}}\n");
  CHECK(changed.preprocess.size() == 1);
  CHECK(changed.task.top == 3);
  CHECK(read("task: {kind: segmentation}\n").task.kind == TaskKind::segmentation);
  const auto error = [&](const std::string& text) { return bad_input([&] { (void)read(text); }); };
  CHECK_MESSAGE_HAS(error("\nnodes: []\n"), "x.task.yaml:2", "nodes");
  CHECK_MESSAGE_HAS(error("preprocess:\n  photo: {resize: 3}\n"), "x.task.yaml:2", "no input 'photo'");
  CHECK_MESSAGE_HAS(error("task: {kind: detection, decoder: boxes,\n  iou: 1.5}\n"), "x.task.yaml:1", "0 to 1");
}
