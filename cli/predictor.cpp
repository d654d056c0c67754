#include "cli/predictor.hpp"

#include <cmath>

#include <fmt/format.h>

#include "cli/options.hpp"

namespace banoff::cli {
namespace {

Preprocess only_preprocess(const Model& model) {
  const auto& all = model.manifest().preprocess;
  if (model.inputs().size() != 1 || all.size() != 1) {
    fail_usage(
        fmt::format("{}: {} inputs, {} with `preprocess:`; pictures need one of each. Use --input "
                    "NAME=FILE.npy, or say by --task FILE how a picture becomes the input",
                    model.manifest().file.string(), model.inputs().size(), all.size()));
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

std::vector<std::string> task_outputs(const Model& model, const Task& task, const std::optional<BoxDecoder>& decoder) {
  std::vector<std::string> names;
  for (const TensorInfo& output : model.outputs()) names.push_back(output.name);
  if (decoder) return decoder->heads(names);
  return {task.output.empty() ? names.front() : task.output};
}

}  // namespace

Predictor::Predictor(const Model& model, const Task& task, const DeviceOptions& device, bool to_input)
    : how_(to_input ? to_size_of(model, only_preprocess(model)) : only_preprocess(model)),
      input_(model.inputs().front().name),
      decoder_(decoder_of(task)),
      outputs_(task_outputs(model, task, decoder_)),
      session_(CompiledModel::compile(model, device)) {}

Predictor::Prediction Predictor::operator()(const Image& image) {
  const Prepared prepared = preprocess(how_, image);
  Prediction prediction{{}, prepared.placement, session_.run({{input_, prepared.input}})};
  std::vector<Tensor> outputs;
  for (const std::string& name : outputs_) {
    const auto found = prediction.all.find(name);
    if (found == prediction.all.end()) fail_input(fmt::format("the task's output '{}' is none of the network's", name));
    outputs.push_back(found->second);
  }
  prediction.output = decoder_ ? (*decoder_)(outputs, prediction.placement) : outputs.front();
  return prediction;
}

}  // namespace banoff::cli
