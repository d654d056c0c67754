// Labelled folders: what a network is measured against.
#pragma once

#include <filesystem>
#include <vector>

#include "banoff/export.h"
#include "banoff/manifest.hpp"
#include "banoff/task/metrics.hpp"

namespace banoff {

/// A picture and what is on it; which member counts follows from the task.
struct Sample {
  std::filesystem::path image;
  std::int64_t label = 0;          ///< classification
  std::vector<LabelledBox> boxes;  ///< detection, in the picture's pixels
  std::filesystem::path mask;      ///< segmentation
};

/// Reads a folder for the task's kind, in the order of its index (detection, segmentation: of the file names):
///   classification  `labels.csv`, a header `file,label` and a line per picture
///   detection       `boxes.json`, {"file": [{"label": …, "box": [x1, y1, x2, y2]}]}
///   segmentation    `NAME.png` (or .jpg) with `NAME.mask.png` beside it
/// A label is one of the task's labels or its number. Throws bad_input for a missing, empty or inconsistent folder, and
/// for a file name that leads out of it.
[[nodiscard]] BANOFF_API std::vector<Sample> read_dataset(const std::filesystem::path& folder, const Task& task);

}  // namespace banoff
