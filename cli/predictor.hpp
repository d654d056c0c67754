// A compiled network that takes pictures.
#pragma once

#include "banoff/session.hpp"
#include "banoff/task/preprocess.hpp"

namespace banoff::cli {

class Predictor {
 public:
  /// Throws usage unless the network has one input, with preprocessing.
  Predictor(const Model& model, const DeviceOptions& device);

  struct Prediction {
    Tensor output;  ///< the one that the task means
    Placement placement;
    Tensors all;
  };
  [[nodiscard]] Prediction operator()(const Image& image);

 private:
  Preprocess how_;
  std::string input_, output_;
  Session session_;
};

}  // namespace banoff::cli
