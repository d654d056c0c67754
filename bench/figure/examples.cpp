#include "bench/figure/examples.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "banoff/task/dataset.hpp"
#include "banoff/task/metrics.hpp"
#include "banoff/task/predictor.hpp"
#include "bench/data_file.hpp"

namespace banoff::bench {

namespace fs = std::filesystem;

namespace {

/// The first of the places where a file of the project may be.
fs::path found(const std::string& installed, const std::string& source) {
  for (const fs::path& place : data_places(installed, source)) {
    if (fs::exists(place)) return place;
  }
  throw Error(ErrorKind::bad_input, fmt::format("{} is not to be found: run from the source tree", source));
}

}  // namespace

Examples read_examples(const fs::path& folder, const Task& task) {
  Examples examples;
  for (const auto& sample : read_dataset(folder, task)) {
    examples.images.push_back(read_image(sample.image));
    examples.labels.push_back(sample.label);
  }
  return examples;
}

Examples read_cifar10(const fs::path& file) {
  constexpr std::int64_t side = 32, plane = side * side, record = 1 + 3 * plane;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(ErrorKind::bad_input, fmt::format("{}: cannot be opened", file.string()));
  const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size == 0 || size % record != 0) {
    throw Error(ErrorKind::bad_input, fmt::format("{}: {} bytes, expected records of {}", file.string(), size, record));
  }
  Examples examples;
  for (auto at = bytes.begin(); at != bytes.end(); at += record) {
    if (*at < 0 || *at > 9) {
      throw Error(ErrorKind::bad_input, fmt::format("{}: label {}, expected 0 to 9", file.string(), int{*at}));
    }
    Image image(side, side, 3);
    for (std::int64_t i = 0; i < 3 * plane; ++i) {
      image.pixels[static_cast<std::size_t>(i % plane * 3 + i / plane)] = static_cast<std::uint8_t>(at[1 + i]);
    }
    examples.images.push_back(std::move(image));
    examples.labels.push_back(*at);
  }
  return examples;
}

std::vector<Exam> figure5_exams() {
  std::vector<Exam> exams;
  const fs::path demo = found("demo", "configs/demo");
  const Model classifier = Model::load(demo / "classifier.yaml");
  exams.push_back({classifier, read_examples(demo / "data/digits", classifier.manifest().task)});
  const char* data = std::getenv("BANOFF_DATA");
  if (data == nullptr) return exams;
  const fs::path network = fs::path(data) / "net_cifar_resnet/resnet56_cifar10.onnx";
  const fs::path pictures = fs::path(data) / "data_cifar10/cifar10_jpeg_500.bin";
  if (!fs::exists(network) || !fs::exists(pictures)) return exams;
  LoadOptions load;
  load.task = found("tasks/cifar_resnet.task.yaml", "configs/tasks/cifar_resnet.task.yaml");
  exams.push_back({Model::load(network, load), read_cifar10(pictures)});
  return exams;
}

double accuracy_of(const Model& model, const Examples& examples, const DeviceOptions& device) {
  Predictor predict(model, device);
  std::vector<std::int64_t> predicted;
  for (const Image& image : examples.images) predicted.push_back(predict(image).classes.front().index);
  return accuracy(predicted, examples.labels);
}

}  // namespace banoff::bench
