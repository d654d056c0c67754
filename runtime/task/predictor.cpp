#include "banoff/task/predictor.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/fail.hpp"
#include "runtime/session/picture_axes.hpp"
#include "runtime/task/check_outputs.hpp"

namespace banoff {
namespace {

/// What the file says of the one input, whose order of sizes is then known.
Preprocess only_preprocess(const Model& model) {
  const auto& all = model.manifest().preprocess;
  if (model.inputs().size() != 1 || all.size() != 1) {
    fail_usage("{}: {} inputs, {} with `preprocess:`; pictures need one of each", model.manifest().file.string(),
               model.inputs().size(), all.size());
  }
  Preprocess how = all.front();
  const TensorInfo input = model.inputs().front();
  if (input.shape.rank() != 4) return how;
  how.layout = picture_axes(how, input).channels == 3 ? PixelLayout::nhwc : PixelLayout::nchw;
  return how;
}

/// Brings pictures to the size of the network's input, in the way that they are brought to another.
Preprocess to_size_of(const Model& model, Preprocess how) {
  const TensorInfo input = model.inputs().front();
  if (input.shape.rank() != 4) return how;
  const PictureAxes axes = picture_axes(how, input);
  const std::vector<std::int64_t> size{input.shape[axes.height], input.shape[axes.width]};
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

/// Outputs whose shapes cannot be what the task says are told before anything is compiled. A decoder is tried on zeros,
/// which it refuses for their shapes alone.
const Model& check(const Model& model, const Task& task, const std::optional<BoxDecoder>& decoder,
                   const std::vector<std::string>& meant) {
  const TensorInfo input = model.inputs().front();
  if (input.shape.rank() != 4 || task.kind == TaskKind::none) return model;
  const std::vector<TensorInfo> outputs = model.outputs();
  std::vector<Tensor> zeros;
  for (const std::string& name : meant) {
    const TensorInfo& output = *std::ranges::find(outputs, name, &TensorInfo::name);
    if (decoder) zeros.push_back(Tensor::allocate(output.dtype, output.shape).first);
    else if (task.kind == TaskKind::classification) check_scores(output.shape, task);
    else if (task.kind == TaskKind::detection) check_rows(output.shape);
    else if (task.kind == TaskKind::text) check_steps(output.shape, task);
    else check_planes(output.shape, task);
  }
  if (!decoder) return model;
  const PictureAxes axes = picture_axes(model.manifest().preprocess.front(), input);
  Placement whole;
  whole.image_height = whole.input_height = input.shape[axes.height];
  whole.image_width = whole.input_width = input.shape[axes.width];
  (void)(*decoder)(zeros, whole);
  return model;
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
      session_(CompiledModel::compile(check(model, task, decoder_, outputs_), device)) {}

Prediction Predictor::operator()(const Image& image) {
  const Prepared prepared = preprocess(how_, image);
  Prediction result;
  result.placement = prepared.placement;
  result.outputs = session_.run({{input_, prepared.input}});
  std::vector<Tensor> meant;
  for (const std::string& name : outputs_) meant.push_back(result.outputs.at(name));
  switch (task_.kind) {
    case TaskKind::classification: result.classes = classify(meant.front(), task_); break;
    case TaskKind::detection: find_boxes(meant, result); break;
    case TaskKind::segmentation: result.mask = segment(meant.front(), result.placement); break;
    case TaskKind::text: result.text = transcribe(meant.front(), task_); break;
    case TaskKind::none: break;
  }
  return result;
}

void Predictor::find_boxes(const std::vector<Tensor>& meant, Prediction& result) const {
  if (decoder_) {
    const DecodedBoxes decoded = (*decoder_)(meant, result.placement);
    result.detections = detections(decoded.rows, result.placement, task_.min_score);
    decoder_->add_landmarks(decoded, result.placement, result.detections);
    result.instance_masks = decoder_->masks(meant, decoded, result.placement, result.detections);
    return;
  }
  result.detections = detections(meant.front(), result.placement, task_.min_score);
  if (task_.masks.empty()) return;
  result.instance_masks =
      instance_masks(result.outputs.at(task_.masks), meant.front(), result.placement, result.detections);
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
