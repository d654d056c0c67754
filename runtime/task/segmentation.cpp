#include "banoff/task/segmentation.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/fail.hpp"
#include "runtime/task/check_outputs.hpp"

namespace banoff {
namespace {

std::vector<std::uint8_t> argmax_of_planes(const std::vector<float>& scores, std::int64_t classes,
                                           std::int64_t pixels) {
  std::vector<std::uint8_t> best(static_cast<std::size_t>(pixels), 0);
  for (std::int64_t i = 0; i < pixels; ++i) {
    std::int64_t arg = 0;
    for (std::int64_t c = 1; c < classes; ++c) {
      if (scores[static_cast<std::size_t>(c * pixels + i)] > scores[static_cast<std::size_t>(arg * pixels + i)])
        arg = c;
    }
    best[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(arg);
  }
  return best;
}

/// For every pixel along one side of the picture the sample of the network's output above it; -1: none.
std::vector<std::int64_t> samples_along(std::int64_t picture, double scale, double offset, std::int64_t input,
                                        std::int64_t output) {
  std::vector<std::int64_t> samples(static_cast<std::size_t>(picture), -1);
  for (std::int64_t i = 0; i < picture; ++i) {
    const double at = (static_cast<double>(i) + 0.5) * scale + offset;
    if (at < 0 || at >= static_cast<double>(input)) continue;
    const auto sample = static_cast<std::int64_t>(at * static_cast<double>(output) / static_cast<double>(input));
    samples[static_cast<std::size_t>(i)] = std::min(sample, output - 1);
  }
  return samples;
}

}  // namespace

void check_planes(const Shape& shape, const Task& task) {
  if (shape.rank() != 4 || shape[0] != 1 || shape[1] < 1 || shape[1] > Mask::unknown) {
    fail_input("segmentation: the output must be scores 1xCxHxW of at most 255 classes, it is {}", shape.str());
  }
  if (task.labels.empty() || std::ssize(task.labels) == shape[1]) return;
  fail_input("segmentation: the output {} has {} classes, the task {} labels", shape.str(), shape[1],
             task.labels.size());
}

Mask segment(const Tensor& scores, const Placement& placement) {
  const Shape& shape = scores.shape();
  check_planes(shape, {});
  const std::int64_t h = shape[2], w = shape[3];
  const std::vector<std::uint8_t> best = argmax_of_planes(scores.to_vector<float>(), shape[1], h * w);
  const auto rows =
      samples_along(placement.image_height, placement.scale_y, placement.offset_y, placement.input_height, h);
  const auto columns =
      samples_along(placement.image_width, placement.scale_x, placement.offset_x, placement.input_width, w);
  Mask mask{placement.image_height, placement.image_width, {}};
  mask.classes.reserve(rows.size() * columns.size());
  for (const std::int64_t row : rows) {
    for (const std::int64_t column : columns) {
      const bool seen = row >= 0 && column >= 0;
      mask.classes.push_back(seen ? best[static_cast<std::size_t>(row * w + column)] : Mask::unknown);
    }
  }
  return mask;
}

Mask read_mask(const std::filesystem::path& file) {
  Image image = read_image(file);
  if (image.channels != 1) {
    fail_input("{}: a mask must be a grey PNG whose values are classes, this is a colour picture", file.string());
  }
  return {image.height, image.width, std::move(image.pixels)};
}

Colour colour_of(const Task& task, std::int64_t index) {
  if (index >= 0 && index < std::ssize(task.palette)) return task.palette[static_cast<std::size_t>(index)];
  if (index == 0 && task.kind == TaskKind::segmentation) return {0, 0, 0};
  // Steps of the golden angle around the colour circle: neighbours differ, and no two classes repeat.
  const double hue = std::fmod(static_cast<double>(index) * 0.6180339887498949, 1.0) * 6;
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    const double distance = std::abs(std::fmod(hue + 6 - 2 * static_cast<double>(c), 6.0) - 3) - 1;
    colour[c] = static_cast<std::uint8_t>(std::lround(40 + 215 * std::clamp(distance, 0.0, 1.0)));
  }
  return colour;
}

}  // namespace banoff
