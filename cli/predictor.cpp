#include "cli/predictor.hpp"

#include <fmt/format.h>

#include "cli/options.hpp"

namespace banoff::cli {
namespace {

Preprocess only_preprocess(const Model& model) {
  const auto& all = model.manifest().preprocess;
  if (model.inputs().size() != 1 || all.size() != 1) {
    fail_usage(fmt::format("{}: {} inputs, {} with `preprocess:`; pictures need one of each. Use --input NAME=FILE.npy",
                           model.manifest().file.string(), model.inputs().size(), all.size()));
  }
  return all.front();
}

std::string task_output(const Model& model) {
  const std::string& named = model.manifest().task.output;
  return named.empty() ? model.outputs().front().name : named;
}

}  // namespace

Predictor::Predictor(const Model& model, const DeviceOptions& device)
    : how_(only_preprocess(model)),
      input_(model.inputs().front().name),
      output_(task_output(model)),
      session_(CompiledModel::compile(model, device)) {}

Predictor::Prediction Predictor::operator()(const Image& image) {
  const Prepared prepared = preprocess(how_, image);
  Prediction prediction{{}, prepared.placement, session_.run({{input_, prepared.input}})};
  const auto found = prediction.all.find(output_);
  if (found == prediction.all.end())
    fail_input(fmt::format("the task's output '{}' is none of the network's", output_));
  prediction.output = found->second;
  return prediction;
}

}  // namespace banoff::cli
