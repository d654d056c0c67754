#include "cli/predictor.hpp"

#include <fmt/format.h>

#include "cli/options.hpp"

namespace banoff::cli {

Predictor predictor(const Model& model, const Task& task, const DeviceOptions& device, bool to_input) {
  try {
    return {model, task, device, to_input};
  } catch (const Error& error) {
    const bool takes_pictures = model.inputs().size() == 1 && model.manifest().preprocess.size() == 1;
    if (error.kind() != ErrorKind::usage || takes_pictures) throw;
    fail_usage(fmt::format("{}. Use --input NAME=FILE.npy, or say by --task FILE how a picture becomes the input",
                           error.what()));
  }
}

}  // namespace banoff::cli
