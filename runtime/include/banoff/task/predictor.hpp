// Pictures in, answers out: a model with the preprocessing and the task that its file tells.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "banoff/export.h"
#include "banoff/session.hpp"
#include "banoff/task/classification.hpp"
#include "banoff/task/detection.hpp"
#include "banoff/task/segmentation.hpp"
#include "banoff/task/transcription.hpp"

namespace banoff {

/// What a network says of a picture; of the answers that which its task means, the others are empty.
struct Prediction {
  std::vector<Ranked> classes;               ///< classification: the best `top`, best first
  std::vector<Detection> detections;         ///< detection: from `min_score` on, in the picture's pixels
  std::vector<InstanceMask> instance_masks;  ///< detection, where the task has `masks`: one for each
  Transcription text;                        ///< text: what a picture of a line says
  Mask mask;                                 ///< segmentation: as large as the picture
  Tensors outputs;                           ///< all of the network's, as they are
  Placement placement;                       ///< of the picture in the network's input
};

/// Belongs to one thread at a time, as the session inside.
class BANOFF_API Predictor {
 public:
  /// Compiles the model for a device. Throws usage unless it has one input, with `preprocess:`, and bad_input where an
  /// output that the task names is none of the network's, or by its shape cannot be what the task says.
  explicit Predictor(const Model& model, const DeviceOptions& device = {});
  /// The same for another task than the file's. Pictures are brought to the size that the preprocessing says, or with
  /// `to_input` to that of the network's input.
  Predictor(const Model& model, const Task& task, const DeviceOptions& device = {}, bool to_input = false);

  /// Throws bad_input where the picture cannot be prepared, or an output is not what the task says.
  [[nodiscard]] Prediction operator()(const Image& image);
  /// The same for a PNG or JPEG file, which errors name.
  [[nodiscard]] Prediction operator()(const std::filesystem::path& file);

 private:
  void find_boxes(const std::vector<Tensor>& meant, Prediction& result) const;

  Task task_;
  Preprocess how_;
  std::string input_;
  std::optional<BoxDecoder> decoder_;
  std::vector<std::string> outputs_;  ///< those the task means: one, or the decoder's heads
  Session session_;
};

}  // namespace banoff
