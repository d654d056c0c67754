// Scores per pixel to a mask over the picture.
#pragma once

#include "banoff/export.h"
#include "banoff/task/preprocess.hpp"
#include "banoff/tensor.hpp"

namespace banoff {

/// A class per pixel of the picture, [height, width].
struct Mask {
  /// Pixels of unknown class: in a prediction those that a crop kept from the network, in a ground truth those that
  /// do not count.
  static constexpr std::uint8_t unknown = 255;

  std::int64_t height = 0, width = 0;
  std::vector<std::uint8_t> classes;
};

/// The class of largest score over axis 1 of `scores` [1, C, h, w], taken back to the picture by nearest neighbour.
/// h and w may be a fraction of the network's input. Throws bad_input for more than 255 classes.
[[nodiscard]] BANOFF_API Mask segment(const Tensor& scores, const Placement& placement);

/// Pixels of a PNG as classes; throws bad_input unless it is grey.
[[nodiscard]] BANOFF_API Mask read_mask(const std::filesystem::path& file);

/// The task's colour of a class; classes beyond its palette get distinct hues, class 0 without one is black.
[[nodiscard]] BANOFF_API Colour colour_of(const Task& task, std::int64_t index);

}  // namespace banoff
