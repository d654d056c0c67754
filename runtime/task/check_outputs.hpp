// Whether outputs can be what a task says, from their shapes alone: known before a picture is.
#pragma once

#include "banoff/manifest.hpp"
#include "banoff/tensor.hpp"

namespace banoff {

// All throw bad_input with what was expected.

/// Boxes as detections() takes them.
void check_rows(const Shape& shape);
/// A score for each class: as many as there are labels, if there are any.
void check_scores(const Shape& shape, const Task& task);
/// Scores of each step as transcribe() takes them, of as many characters as there are labels and the blank.
void check_steps(const Shape& shape, const Task& task);
/// Planes of scores as segment() takes them, as many as there are labels, if there are any.
void check_planes(const Shape& shape, const Task& task);

}  // namespace banoff
