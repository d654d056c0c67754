// The two ways of `banoff run`: pictures through the model's preprocessing and task, or raw tensors.
#pragma once

#include "cli/options.hpp"

namespace banoff::cli {

struct RunCommand {
  ModelOptions model;
  FoldOptions fold;
  DeviceOptions device;
  std::vector<std::string> images;
  std::string folder;                        ///< --out
  std::vector<std::string> inputs, outputs;  ///< NAME=FILE
  std::optional<std::int64_t> top;
  std::optional<double> min_score;
  bool json = false;
};

int run_images(const RunCommand& options);
int run_tensors(const RunCommand& options);

}  // namespace banoff::cli
