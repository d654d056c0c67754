// Scores to labels.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "banoff/export.h"
#include "banoff/manifest.hpp"
#include "banoff/tensor.hpp"

namespace banoff {

struct Ranked {
  std::int64_t index = 0;
  std::string label;  ///< the index as text where the task has no labels
  double score = 0;   ///< a probability when the task asks for softmax
};

[[nodiscard]] BANOFF_API std::vector<double> softmax(std::span<const double> logits);

/// The label of a class, or its number.
[[nodiscard]] BANOFF_API std::string label_of(const Task& task, std::int64_t index);

/// The best `task.top` classes of one picture, best first, ties by index; the output holds one score per class in any
/// shape. Throws bad_input when the task has labels and their number differs from the scores'.
[[nodiscard]] BANOFF_API std::vector<Ranked> classify(const Tensor& output, const Task& task);

}  // namespace banoff
