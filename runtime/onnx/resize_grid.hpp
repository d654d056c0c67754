// Resizing along one axis as ONNX's Resize defines it: where each output reads, and with which weights.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "runtime/graph/op_types.hpp"

namespace banoff::onnx_import {

enum class Interpolation : std::uint8_t { nearest, linear, cubic };

/// One axis of a Resize. The scale is `down / up`: the one asked for over 1, or one size over another, so that a place
/// is multiplied by `up` first and divided last: what is a whole number comes out as one. in * scale need not be the
/// size that comes out.
struct ResizeAxis {
  std::int64_t in = 1, out = 1;
  double down = 1, up = 1;
  std::array<double, 2> roi{0, 1};  ///< begin and end of the part that is resized, of tf_crop_and_resize

  [[nodiscard]] double scale() const { return down / up; }
};

struct ResizeRule {
  Interpolation mode = Interpolation::nearest;
  std::string coordinates = "half_pixel";
  std::string rounding = "round_prefer_floor";
  bool antialias = false;
  bool exclude_outside = false;
  double cubic = -0.75;  ///< Keys' a
};

/// The place in the input that output `i` stands for. Throws bad_input for an unknown transformation, and for numbers
/// that give no place.
[[nodiscard]] double place_in_input(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t i);

/// For `nearest`: the element that output `i` takes.
[[nodiscard]] std::int64_t nearest_place(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t i);

/// For the others: weights [out, in], each row with the sum 1.
[[nodiscard]] std::vector<double> resize_weights(const ResizeRule& rule, const ResizeAxis& axis);

/// Whether output `i` lies in the input: tf_crop_and_resize fills the others with a value.
[[nodiscard]] bool is_inside_input(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t i);

}  // namespace banoff::onnx_import
