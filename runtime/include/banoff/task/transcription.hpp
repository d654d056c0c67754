// Scores of each step along a line of text to what it says.
#pragma once

#include <string>

#include "banoff/export.h"
#include "banoff/manifest.hpp"
#include "banoff/tensor.hpp"

namespace banoff {

struct Transcription {
  std::string text;  ///< UTF-8
  double score = 0;  ///< mean of the characters' scores; 0 where there are none
};

/// What `scores` [1, steps, 1 + characters] say: at each step the best character, in which runs of one count once and
/// the first, the blank, stands for none (greedy decoding of connectionist temporal classification, Graves et al.
/// 2006). The task's labels are the characters. Throws bad_input for other shapes.
[[nodiscard]] BANOFF_API Transcription transcribe(const Tensor& scores, const Task& task);

}  // namespace banoff
