#include <algorithm>
#include <cmath>

#include "runtime/task/decoder.hpp"

namespace banoff::decoding {
namespace {

/// The two samples on either side of a point, and how much the second counts; beyond the outer ones those repeat.
struct Between {
  std::int64_t first, second;
  double weight;
};

Between between(double at, std::int64_t count) {
  const double clamped = std::clamp(at, 0.0, static_cast<double>(count - 1));
  const auto first = static_cast<std::int64_t>(clamped);
  return {first, std::min(first + 1, count - 1), clamped - static_cast<double>(first)};
}

/// The pixels whose centres lie in [low, high), of a side of `size`.
std::pair<std::int64_t, std::int64_t> covered(double low, double high, std::int64_t size) {
  const auto pixel = [&](double at) {
    return static_cast<std::int64_t>(std::clamp(std::ceil(at - 0.5), 0.0, static_cast<double>(size)));
  };
  return {pixel(low), std::max(pixel(low), pixel(high))};
}

}  // namespace

std::vector<InstanceMask> prototype_masks(const Tensor& prototypes, const Tensor& coefficients,
                                          const Placement& placement, std::span<const Detection> found) {
  const std::size_t batch = prototypes.shape().rank() - 3;
  const std::int64_t count = prototypes.shape()[batch], rows = prototypes.shape()[batch + 1];
  const std::int64_t columns = prototypes.shape()[batch + 2], cells = rows * columns;
  const std::vector<double> maps = prototypes.to_vector<double>(), weights = coefficients.to_vector<double>();
  std::vector<InstanceMask> masks;
  for (const Detection& one : found) {
    std::vector<double> sums(static_cast<std::size_t>(cells));
    for (std::int64_t m = 0; m < count; ++m) {
      const double weight = weights[static_cast<std::size_t>(one.row * count + m)];
      for (std::int64_t i = 0; i < cells; ++i) {
        sums[static_cast<std::size_t>(i)] += weight * maps[static_cast<std::size_t>(m * cells + i)];
      }
    }
    // From a pixel of the picture to the network's input, and from there to the maps, which cover all of it.
    const auto place = [](std::int64_t pixel, double scale, double offset, std::int64_t input, std::int64_t samples) {
      const double at = (static_cast<double>(pixel) + 0.5) * scale + offset;
      return between(at / static_cast<double>(input) * static_cast<double>(samples) - 0.5, samples);
    };
    const auto [top, bottom] = covered(one.box.y1, one.box.y2, placement.image_height);
    const auto [left, right] = covered(one.box.x1, one.box.x2, placement.image_width);
    InstanceMask mask{left, top, right - left, bottom - top, {}};
    for (std::int64_t i = top; i < bottom; ++i) {
      const Between y = place(i, placement.scale_y, placement.offset_y, placement.input_height, rows);
      for (std::int64_t j = left; j < right; ++j) {
        const Between x = place(j, placement.scale_x, placement.offset_x, placement.input_width, columns);
        const auto across = [&](std::int64_t row) {
          const double* const line = &sums[static_cast<std::size_t>(row * columns)];
          return line[x.first] * (1 - x.weight) + line[x.second] * x.weight;
        };
        mask.covered.push_back(across(y.first) * (1 - y.weight) + across(y.second) * y.weight > 0 ? 1 : 0);
      }
    }
    masks.push_back(std::move(mask));
  }
  return masks;
}

}  // namespace banoff::decoding
