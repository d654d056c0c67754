#include "banoff/task/predictor.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/fail.hpp"

namespace banoff {
namespace {

const Preprocess& only_preprocess(const Model& model) {
  const auto& all = model.manifest().preprocess;
  if (model.inputs().size() != 1 || all.size() != 1) {
    fail_usage("{}: {} inputs, {} with `preprocess:`; pictures need one of each", model.manifest().file.string(),
               model.inputs().size(), all.size());
  }
  return all.front();
}

/// Brings pictures to the size of the network's input, in the way that they are brought to another.
Preprocess to_size_of(const Model& model, Preprocess how) {
  const Shape shape = model.inputs().front().shape;
  if (shape.rank() != 4) return how;
  const std::vector<std::int64_t> size{shape[2], shape[3]};
  if (how.crop.empty()) {
    how.resize = size;
    return how;
  }
  const auto ratio = [](std::int64_t to, std::int64_t from) {
    return static_cast<double>(to) / static_cast<double>(from);
  };
  const double larger = std::max(ratio(size[0], how.crop.front()), ratio(size[1], how.crop.back()));
  for (std::int64_t& side : how.resize) side = std::llround(static_cast<double>(side) * larger);
  how.crop = size;
  return how;
}

std::optional<BoxDecoder> decoder_of(const Task& task) {
  if (task.decoding.decoder == Decoder::none) return std::nullopt;
  return BoxDecoder(task);
}

/// The outputs that the task means, all of which the network must have.
std::vector<std::string> task_outputs(const Model& model, const Task& task, const std::optional<BoxDecoder>& decoder) {
  std::vector<std::string> names;
  for (const TensorInfo& output : model.outputs()) names.push_back(output.name);
  const std::vector<std::string> meant =
      decoder ? decoder->heads(names) : std::vector{task.output.empty() ? names.front() : task.output};
  std::vector<std::string> needed = meant;
  if (task.kind == TaskKind::detection && !task.masks.empty()) needed.push_back(task.masks);
  for (const std::string& name : needed) {
    if (std::ranges::find(names, name) == names.end()) {
      fail_input("{}: the task's output '{}' is none of the network's ({})", model.manifest().file.string(), name,
                 fmt::join(names, ", "));
    }
  }
  return meant;
}

}  // namespace

Predictor::Predictor(const Model& model, const DeviceOptions& device)
    : Predictor(model, model.manifest().task, device) {}

Predictor::Predictor(const Model& model, const Task& task, const DeviceOptions& device, bool to_input)
    : task_(task),
      how_(to_input ? to_size_of(model, only_preprocess(model)) : only_preprocess(model)),
      input_(model.inputs().front().name),
      decoder_(decoder_of(task)),
      outputs_(task_outputs(model, task, decoder_)),
      session_(CompiledModel::compile(model, device)) {}

Prediction Predictor::operator()(const Image& image) {
  const Prepared prepared = preprocess(how_, image);
  Prediction result;
  result.placement = prepared.placement;
  result.outputs = session_.run({{input_, prepared.input}});
  std::vector<Tensor> meant;
  for (const std::string& name : outputs_) meant.push_back(result.outputs.at(name));
  const Tensor output = decoder_ ? (*decoder_)(meant, result.placement) : meant.front();
  switch (task_.kind) {
    case TaskKind::classification: result.classes = classify(output, task_); break;
    case TaskKind::detection:
      result.detections = detections(output, result.placement, task_.min_score);
      if (!task_.masks.empty()) {
        result.instance_masks =
            instance_masks(result.outputs.at(task_.masks), output, result.placement, result.detections);
      }
      break;
    case TaskKind::segmentation: result.mask = segment(output, result.placement); break;
    case TaskKind::none: break;
  }
  return result;
}

Prediction Predictor::operator()(const std::filesystem::path& file) {
  const Image image = read_image(file);
  try {
    return (*this)(image);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file.string(), error.what()));
  }
}

}  // namespace banoff
