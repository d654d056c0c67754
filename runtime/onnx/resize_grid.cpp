#include "runtime/onnx/resize_grid.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/fail.hpp"

namespace banoff::onnx_import {

namespace {

double place_by_rule(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t i) {
  const auto at = static_cast<double>(i), in = static_cast<double>(axis.in);
  const double wanted = in * axis.down / axis.up;  // the size before it was rounded
  const double half_pixel = (at + 0.5) * axis.up / axis.down - 0.5;
  if (rule.coordinates == "half_pixel") return half_pixel;
  if (rule.coordinates == "pytorch_half_pixel") return axis.out > 1 ? half_pixel : 0;
  if (rule.coordinates == "half_pixel_symmetric") {
    return (in - static_cast<double>(axis.out) * axis.up / axis.down) / 2 + half_pixel;
  }
  if (rule.coordinates == "asymmetric") return at * axis.up / axis.down;
  if (rule.coordinates == "tf_half_pixel_for_nn") return (at + 0.5) * axis.up / axis.down;
  if (rule.coordinates == "align_corners") return wanted == 1 ? 0 : at * (in - 1) / (wanted - 1);
  if (rule.coordinates == "tf_crop_and_resize") {
    const auto [begin, end] = axis.roi;
    if (wanted == 1) return (begin + end) * (in - 1) / 2;
    return begin * (in - 1) + at * (end - begin) * (in - 1) / (wanted - 1);
  }
  fail_input("coordinate_transformation_mode = {} is not supported", rule.coordinates);
}

double rounded(const std::string& how, double place) {
  if (how == "round_prefer_floor") return std::ceil(place - 0.5);
  if (how == "round_prefer_ceil") return std::floor(place + 0.5);
  if (how == "floor") return std::floor(place);
  if (how == "ceil") return std::ceil(place);
  fail_input("nearest_mode = {} is not supported", how);
}

/// Weight of an element at distance `d`: a triangle, or Keys' cubic convolution (1981).
double kernel(const ResizeRule& rule, double d) {
  d = std::abs(d);
  if (rule.mode == Interpolation::linear) return std::max(1 - d, 0.0);
  const double a = rule.cubic;
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

}  // namespace

double place_in_input(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t i) {
  const double place = place_by_rule(rule, axis, i);
  if (!std::isfinite(place)) fail_input("output {} of {} lies nowhere in the input ({})", i, axis.out, place);
  return place;
}

std::int64_t nearest_place(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t i) {
  const double place = rounded(rule.rounding, place_in_input(rule, axis, i));
  return static_cast<std::int64_t>(std::clamp(place, 0.0, static_cast<double>(axis.in - 1)));
}

std::vector<double> resize_weights(const ResizeRule& rule, const ResizeAxis& axis) {
  // When an image shrinks, antialiasing widens the kernel so that every element is read.
  const double narrow = rule.antialias ? std::min(axis.scale(), 1.0) : 1.0;
  const double reach = (rule.mode == Interpolation::linear ? 1 : 2) / narrow;
  std::vector<double> weights(static_cast<std::size_t>(axis.out * axis.in), 0.0);
  for (std::int64_t i = 0; i < axis.out; ++i) {
    const double place = place_in_input(rule, axis, i);
    // Beyond the edges there is nothing new: elements further out than the reach count as the edge.
    const double bounded = std::clamp(place, -1.0 - reach, static_cast<double>(axis.in) + reach);
    double* row = weights.data() + i * axis.in;
    double sum = 0;
    for (auto k = static_cast<std::int64_t>(std::ceil(bounded - reach)); static_cast<double>(k) <= bounded + reach;
         ++k) {
      const bool outside = k < 0 || k >= axis.in;
      if (outside && rule.exclude_outside) continue;
      const double weight = kernel(rule, (static_cast<double>(k) - bounded) * narrow);
      row[std::clamp<std::int64_t>(k, 0, axis.in - 1)] += weight;
      sum += weight;
    }
    for (std::int64_t k = 0; k < axis.in && sum != 0; ++k) row[k] /= sum;
  }
  return weights;
}

bool is_inside_input(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t i) {
  const double place = place_in_input(rule, axis, i);
  return place >= 0 && place <= static_cast<double>(axis.in - 1);
}

}  // namespace banoff::onnx_import
