// A compiled network that takes pictures.
#pragma once

#include <optional>

#include "banoff/session.hpp"
#include "banoff/task/detection.hpp"

namespace banoff::cli {

class Predictor {
 public:
  /// `task` is the model's, or what was made of it. Pictures are brought to the size that the preprocessing says, or
  /// with `to_input` to that of the network's input. Throws usage unless the network has one input, with preprocessing.
  Predictor(const Model& model, const Task& task, const DeviceOptions& device, bool to_input = false);

  struct Prediction {
    Tensor output;  ///< the one that the task means, decoded where it has a decoder
    Placement placement;
    Tensors all;
  };
  [[nodiscard]] Prediction operator()(const Image& image);

 private:
  Preprocess how_;
  std::string input_;
  std::optional<BoxDecoder> decoder_;
  std::vector<std::string> outputs_;  ///< one, or the decoder's heads
  Session session_;
};

}  // namespace banoff::cli
