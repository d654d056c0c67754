#include "banoff/task/transcription.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/task/check_outputs.hpp"

namespace banoff {

void check_steps(const Shape& shape, const Task& task) {
  if (shape.rank() != 3 || shape[0] != 1 || shape[2] < 2) {
    fail_input("text: the output must be scores [1, steps, 1 + characters], it is {}", shape.str());
  }
  if (std::ssize(task.labels) == shape[2] - 1) return;
  fail_input("text: the output {} has a blank and {} characters, the task {} labels", shape.str(), shape[2] - 1,
             task.labels.size());
}

Transcription transcribe(const Tensor& scores, const Task& task) {
  check_steps(scores.shape(), task);
  const std::vector<double> values = scores.to_vector<double>();
  const auto width = scores.shape()[2];
  Transcription result;
  std::int64_t before = 0, count = 0;
  for (auto step = values.begin(); step != values.end(); step += width) {
    const auto best = std::max_element(step, step + width);
    const std::int64_t character = best - step;
    if (character != 0 && character != before) {
      result.text += task.labels[static_cast<std::size_t>(character - 1)];
      result.score += *best;
      ++count;
    }
    before = character;
  }
  if (count > 0) result.score /= static_cast<double>(count);
  return result;
}

}  // namespace banoff
