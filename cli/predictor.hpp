// A network that takes pictures, as the command line asks for it.
#pragma once

#include "banoff/task/predictor.hpp"

namespace banoff::cli {

/// A Predictor, or the error that says which options help.
[[nodiscard]] Predictor predictor(const Model& model, const Task& task, const DeviceOptions& device,
                                  bool to_input = false);

}  // namespace banoff::cli
