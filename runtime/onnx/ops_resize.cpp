// Resize and its forerunner Upsample. Nearest and linear resizing of the spatial dimensions is an op of ours;
// everything else is done axis by axis, as a choice of elements or a product with a matrix of weights.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/resize_grid.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

Interpolation interpolation_of(Call& call) {
  const std::string mode = call.attributes.text("mode", "nearest");
  if (mode == "nearest") return Interpolation::nearest;
  if (mode == "linear") return Interpolation::linear;
  if (mode == "cubic") return Interpolation::cubic;
  fail_input("mode = {} is not supported", mode);
}

struct Resizing {
  ResizeRule rule;
  std::vector<ResizeAxis> axes;  ///< of every dimension
  bool by_size = false;
  double outside = 0;  ///< what tf_crop_and_resize gives where it reads outside
};

/// Which dimensions the inputs speak of.
std::vector<std::size_t> axes_of(Call& call, std::size_t rank) {
  std::vector<std::size_t> axes(rank);
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  if (const auto given = call.attributes.integers("axes")) {
    axes.clear();
    for (const std::int64_t axis : *given) axes.push_back(resolve_axis(axis, rank));
  }
  return axes;
}

/// One scale for all axes, so that the result is within (or covers) the sizes.
void keep_aspect_ratio(Resizing& r, const std::vector<std::size_t>& axes, const std::string& policy) {
  if (policy == "stretch") return;
  if (policy != "not_larger" && policy != "not_smaller") {
    fail_input("keep_aspect_ratio_policy = {} is not supported", policy);
  }
  if (axes.empty()) return;
  ResizeAxis chosen = r.axes[axes.front()];
  for (const std::size_t axis : axes) {
    const double scale = r.axes[axis].scale();
    if (policy == "not_larger" ? scale < chosen.scale() : scale > chosen.scale()) chosen = r.axes[axis];
  }
  for (const std::size_t axis : axes) {
    ResizeAxis& each = r.axes[axis];
    each.down = chosen.down, each.up = chosen.up;
    each.out = checked_integer(std::floor(static_cast<double>(each.in) * each.down / each.up + 0.5), "a size");
  }
}

void take_sizes(Call& call, Resizing& r, const std::vector<std::size_t>& axes) {
  const Ints sizes = call.known_integers(3, "sizes");
  if (sizes.size() != axes.size()) fail_input("{} sizes for {} axes", sizes.size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis& axis = r.axes[axes[i]];
    axis.out = sizes[i];
    axis.down = static_cast<double>(axis.out), axis.up = static_cast<double>(axis.in);
  }
  r.by_size = true;
  keep_aspect_ratio(r, axes, call.attributes.text("keep_aspect_ratio_policy", "stretch"));
}

void take_scales(Resizing& r, const std::vector<std::size_t>& axes, const std::vector<double>& scales) {
  if (scales.size() != axes.size()) fail_input("{} scales for {} axes", scales.size(), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis& axis = r.axes[axes[i]];
    axis.down = scales[i];
    const double size = std::floor(static_cast<double>(axis.in) * scales[i]);
    if (!(scales[i] > 0) || !(size < 0x1p31)) fail_input("scale {} of size {}", scales[i], axis.in);
    axis.out = static_cast<std::int64_t>(size);
  }
}

bool changes(const ResizeRule& rule, const ResizeAxis& axis) {
  return axis.in != axis.out || axis.down != axis.up ||
         (rule.coordinates == "tf_crop_and_resize" && axis.roi != std::array{0.0, 1.0});
}

/// The transformation as our op has it, nothing where it has not.
std::optional<Coordinates> coordinates_of(const Resizing& r) {
  const auto all = [&](auto holds) { return std::all_of(r.axes.begin() + 2, r.axes.end(), holds); };
  const bool whole =
      all([](const ResizeAxis& a) { return static_cast<double>(a.in) * a.down / a.up == static_cast<double>(a.out); });
  const std::string& word = r.rule.coordinates;
  if (word == "half_pixel" || (word == "half_pixel_symmetric" && whole)) return Coordinates::half_pixel;
  if (word == "pytorch_half_pixel" && all([](const ResizeAxis& a) { return a.out > 1; }))
    return Coordinates::half_pixel;
  if (word == "asymmetric") return Coordinates::asymmetric;
  if (word == "align_corners" && whole) return Coordinates::align_corners;
  return std::nullopt;
}

std::optional<Rounding> rounding_of(const std::string& word) {
  if (word == "round_prefer_floor") return Rounding::round_prefer_floor;
  if (word == "round_prefer_ceil") return Rounding::round_prefer_ceil;
  if (word == "floor") return Rounding::floor;
  if (word == "ceil") return Rounding::ceil;
  return std::nullopt;
}

/// The whole of it as our op, where that is what it is.
std::optional<Resize> spatial_resize(const Call& call, const Resizing& r) {
  const ResizeRule& rule = r.rule;
  const std::size_t rank = r.axes.size();
  if (rank < 3 || rank > 5 || changes(rule, r.axes[0]) || changes(rule, r.axes[1])) return std::nullopt;
  if (rule.mode == Interpolation::cubic || rule.antialias || rule.exclude_outside) return std::nullopt;
  // Our op takes the scale to be the ratio of the sizes, which one scale for all axes is not.
  const bool by_ratio = std::ranges::all_of(r.axes, [](const ResizeAxis& a) {
    return static_cast<double>(a.out) * a.up == static_cast<double>(a.in) * a.down;
  });
  if (r.by_size && !by_ratio) return std::nullopt;
  const auto coordinates = coordinates_of(r);
  const auto rounding = rounding_of(rule.rounding);
  if (!coordinates || !rounding || !is_float(call.type(0).dtype)) return std::nullopt;
  Resize op;
  op.mode = rule.mode == Interpolation::nearest ? ResizeMode::nearest : ResizeMode::linear;
  op.coordinates = *coordinates;
  op.rounding = *rounding;
  for (std::size_t d = 2; d < rank; ++d) {
    if (r.by_size) op.size.push_back(r.axes[d].out);
    else op.scale.push_back(r.axes[d].down);
  }
  return op;
}

/// x times a matrix [out, in] along an axis, which is brought to the end for it.
Operand product_along(const Steps& s, const Operand& x, std::size_t axis, const Known& weights) {
  Ints perm = all_axes(s.type(x).shape.rank());
  std::swap(perm[axis], perm.back());
  const Operand turned = s.emit(Transpose{perm}, {x});
  const Operand y = s.emit(Dense{weights.shape()[0], false}, {turned}, {{Slot::weight, weights}});
  return s.emit(Transpose{perm}, {y});
}

/// The matrix [out, in] of one axis.
Known weights_along(const Steps& s, const ResizeRule& rule, const ResizeAxis& axis, DType type) {
  const KnownTensors::Lease meanwhile = s.known().lend(checked_mul(axis.out, axis.in));
  const std::vector<double> weights = resize_weights(rule, axis);
  const auto element = [&](std::int64_t i) { return weights[static_cast<std::size_t>(i)]; };
  return s.known().numbers(type, {axis.out, axis.in}, element);
}

Operand resize_axis(const Steps& s, const Operand& x, const Resizing& r, std::size_t d) {
  const ResizeAxis& axis = r.axes[d];
  Operand y;
  if (r.rule.mode == Interpolation::nearest) {
    y = s.take(x, d, axis.out, [&](std::int64_t i) { return nearest_place(r.rule, axis, i); });
  } else {
    if (!is_float(s.type(x).dtype)) fail_input("integers can be resized to their nearest only");
    y = product_along(s, x, d, weights_along(s, r.rule, axis, s.type(x).dtype));
  }
  if (r.rule.coordinates != "tf_crop_and_resize") return y;
  Shape along(Ints(r.axes.size(), 1));
  along[d] = axis.out;
  const auto inside = [&](std::int64_t i) { return is_inside_input(r.rule, axis, i) ? 1.0 : 0.0; };
  return s.where({none, s.known().numbers(DType::boolean, along, inside)}, y, s.number(y, r.outside));
}

void emit(Call& call, const Resizing& r) {
  for (const ResizeAxis& axis : r.axes) {
    if (axis.in < 1) fail_input("tensors without elements are not supported");
    if (axis.out < 1) fail_input("a side of {} would become {}", axis.in, axis.out);
  }
  if (const auto op = spatial_resize(call, r)) return call.become(*op);
  const Steps s(call);
  Operand x = call.in(0);
  for (std::size_t d = 0; d < r.axes.size(); ++d) {
    if (changes(r.rule, r.axes[d])) x = resize_axis(s, x, r, d);
  }
  call.result(0, x);
}

Resizing unchanged(const Call& call) {
  Resizing r;
  for (const std::int64_t size : call.shape(0)) r.axes.push_back({size, size});
  return r;
}

void upsample(Call& call) {
  Resizing r = unchanged(call);
  r.rule.mode = interpolation_of(call);
  r.rule.coordinates = "asymmetric";
  r.rule.rounding = "floor";
  std::optional<std::vector<double>> scales = call.attributes.reals("scales");
  if (!scales) scales = call.known_numbers(1, "scales");
  take_scales(r, axes_of(call, r.axes.size()), *scales);
  emit(call, r);
}

void resize(Call& call) {
  if (call.opset() < 11) return upsample(call);
  Resizing r = unchanged(call);
  r.rule.mode = interpolation_of(call);
  r.rule.coordinates = call.attributes.text("coordinate_transformation_mode", "half_pixel");
  r.rule.rounding = call.attributes.text("nearest_mode", "round_prefer_floor");
  r.rule.antialias = call.attributes.integer("antialias", 0) != 0;
  r.rule.exclude_outside = call.attributes.integer("exclude_outside", 0) != 0;
  r.rule.cubic = call.attributes.real("cubic_coeff_a", -0.75);
  r.outside = call.attributes.real("extrapolation_value", 0);
  const std::vector<std::size_t> axes = axes_of(call, r.axes.size());
  if (r.rule.coordinates == "tf_crop_and_resize") {
    const std::vector<double> roi = call.known_numbers(1, "roi");
    if (roi.size() != 2 * axes.size()) fail_input("roi has {} values, expected {}", roi.size(), 2 * axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i) r.axes[axes[i]].roi = {roi[i], roi[i + axes.size()]};
  }
  if (call.has(3)) take_sizes(call, r, axes);
  else take_scales(r, axes, call.known_numbers(2, "scales"));
  call.attributes.ignore("keep_aspect_ratio_policy");  // of sizes
  emit(call, r);
}

constexpr Row rows[] = {{"Resize", resize}, {"Upsample", upsample}};

}  // namespace

std::span<const Row> resize_rows() { return rows; }

}  // namespace banoff::onnx_import
