// Operators that move elements about: reshaping, cutting, joining, padding, resizing.
#include <algorithm>
#include <numeric>

#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

void reshape(Call& call) {
  Ints shape = call.integers("shape", 1).value_or(Ints{});
  if (call.attributes.integer("allowzero", 0) != 0 && std::ranges::count(shape, 0) > 0) {
    fail_input("allowzero with a size of 0 is not supported");
  }
  // Sizes that copy are known here; some networks copy beyond what the new shape lets stand.
  const Shape x = call.shape(0);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && i < x.rank()) shape[i] = x[i];
  }
  call.become(Reshape{shape});
}

void flatten(Call& call) {
  const std::int64_t axis = call.attributes.integer("axis", 1);
  const auto rank = static_cast<std::int64_t>(call.shape(0).rank());
  call.become(Flatten{axis < 0 ? axis + rank : axis});
}

void transpose(Call& call) {
  Ints perm(call.shape(0).rank());
  std::iota(perm.rbegin(), perm.rend(), 0);
  call.become(Transpose{call.attributes.integers("perm").value_or(perm)});
}

void squeeze(Call& call) {
  std::optional<Ints> axes = call.integers("axes", 1);
  const Shape x = call.shape(0);
  if (!axes) {
    axes.emplace();
    for (std::size_t i = 0; i < x.rank(); ++i) {
      if (x[i] == 1) axes->push_back(static_cast<std::int64_t>(i));
    }
  }
  call.become(Squeeze{*axes});
}

void unsqueeze(Call& call) { call.become(Unsqueeze{call.integers("axes", 1).value_or(Ints{})}); }

void concat(Call& call) {
  std::vector<Operand> parts;
  for (std::size_t i = 0; i < call.inputs(); ++i) parts.push_back(call.in(i));
  call.result(0, call.emit(Concat{call.attributes.integer("axis", 1)}, parts));
}

/// Sizes, a number of parts (the last may be smaller), or as many parts as there are outputs.
void split(Call& call) {
  Split op;
  op.axis = call.attributes.integer("axis", 0);
  const std::int64_t size = call.shape(0)[resolve_axis(op.axis, call.shape(0).rank())];
  const std::int64_t parts = call.attributes.integer("num_outputs", static_cast<std::int64_t>(call.outputs()));
  if (const auto sizes = call.integers("split", 1)) {
    op.sizes = *sizes;
  } else {
    if (parts < 1) fail_input("{} parts", parts);
    const std::int64_t each = (size + parts - 1) / parts;
    for (std::int64_t left = size; left > 0; left -= each) op.sizes.push_back(std::min(left, each));
  }
  if (op.sizes.size() != call.outputs()) fail_input("{} parts for {} outputs", op.sizes.size(), call.outputs());
  const std::vector<Operand> results = call.emit_all(op, {call.in(0)});
  for (std::size_t i = 0; i < results.size(); ++i) call.result(i, results[i]);
}

void slice(Call& call) {
  const auto begin = call.integers("starts", 1), end = call.integers("ends", 2);
  if (!begin || !end || begin->size() != end->size()) fail_input("starts and ends do not match");
  Slice op;
  op.begin = *begin;
  op.end = *end;
  op.axes.resize(begin->size());
  std::iota(op.axes.begin(), op.axes.end(), 0);
  op.axes = call.integers("axes", 3).value_or(op.axes);
  if (call.has(4)) op.step = call.known_integers(4, "steps");
  call.become(op);
}

PadMode pad_mode(const std::string& word) {
  if (word == "constant") return PadMode::constant;
  if (word == "reflect") return PadMode::reflect;
  if (word == "edge") return PadMode::edge;
  fail_input("mode = {} is not supported", word);
}

void pad(Call& call) {
  const bool as_inputs = call.opset() >= 11;
  const Shape x = call.shape(0);
  Ints pads = as_inputs ? call.known_integers(1, "pads") : call.attributes.integers("pads").value_or(Ints{});
  Ints axes(x.rank());
  std::iota(axes.begin(), axes.end(), 0);
  if (call.has(3)) axes = call.known_integers(3, "axes");
  if (pads.size() != 2 * axes.size()) fail_input("pads has {} values, {} expected", pads.size(), 2 * axes.size());
  Pad op;
  op.mode = pad_mode(call.attributes.text("mode", "constant"));
  op.value = as_inputs ? call.known_number(2, "constant_value", 0) : call.attributes.real("value", 0);
  Ints begin(x.rank(), 0), end(x.rank(), 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = resolve_axis(axes[i], x.rank());
    begin[axis] = pads[i], end[axis] = pads[i + axes.size()];
  }
  // Outer dimensions that are not padded are not mentioned.
  std::size_t first = 0;
  while (first < x.rank() && begin[first] == 0 && end[first] == 0) ++first;
  if (first == x.rank()) return call.become(Identity{});
  const auto from = static_cast<std::ptrdiff_t>(first);
  op.padding.begin = Spatial(Ints(begin.begin() + from, begin.end()));
  op.padding.end = Spatial(Ints(end.begin() + from, end.end()));
  call.become(op);
}

Coordinates coordinates_of(const std::string& word, const Shape& out) {
  if (word == "half_pixel") return Coordinates::half_pixel;
  if (word == "align_corners") return Coordinates::align_corners;
  if (word == "asymmetric") return Coordinates::asymmetric;
  // Differs from half_pixel only where a side of 1 comes out.
  if (word == "pytorch_half_pixel" && std::none_of(out.begin() + 2, out.end(), [](auto size) { return size == 1; })) {
    return Coordinates::half_pixel;
  }
  fail_input("coordinate_transformation_mode = {} is not supported", word);
}

Rounding rounding_of(const std::string& word) {
  if (word == "round_prefer_floor") return Rounding::round_prefer_floor;
  if (word == "round_prefer_ceil") return Rounding::round_prefer_ceil;
  if (word == "floor") return Rounding::floor;
  if (word == "ceil") return Rounding::ceil;
  fail_input("nearest_mode = {} is not supported", word);
}

/// Scales per dimension, of which those of batch and channels must be 1.
void resize_by(Call& call, Resize op, const std::vector<double>& scales) {
  const Shape x = call.shape(0);
  if (scales.size() != x.rank() || x.rank() < 3 || scales[0] != 1 || scales[1] != 1) {
    fail_input("only the spatial dimensions of {} can be resized", x.str());
  }
  op.scale.assign(scales.begin() + 2, scales.end());
  call.become(op);
}

void upsample(Call& call) {
  Resize op;
  const std::string mode = call.attributes.text("mode", "nearest");
  if (mode != "nearest" && mode != "linear") fail_input("mode = {} is not supported", mode);
  op.mode = mode == "nearest" ? ResizeMode::nearest : ResizeMode::linear;
  op.coordinates = Coordinates::asymmetric;
  std::optional<std::vector<double>> scales = call.attributes.reals("scales");
  if (!scales) scales = call.known(1, "scales").to_vector<double>();
  resize_by(call, op, *scales);
}

void resize(Call& call) {
  if (call.opset() < 11) return upsample(call);
  Resize op;
  const std::string mode = call.attributes.text("mode", "nearest");
  if (mode != "nearest" && mode != "linear") fail_input("mode = {} is not supported", mode);
  op.mode = mode == "nearest" ? ResizeMode::nearest : ResizeMode::linear;
  call.attributes.require("antialias", 0);
  call.attributes.require("exclude_outside", 0);
  call.attributes.ignore("cubic_coeff_a");
  call.attributes.ignore("extrapolation_value");
  if (call.attributes.has("axes")) fail_input("axes is not supported");
  const std::string policy = call.attributes.text("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch") fail_input("keep_aspect_ratio_policy = {} is not supported", policy);
  const std::string coordinates = call.attributes.text("coordinate_transformation_mode", "half_pixel");
  op.rounding = rounding_of(call.attributes.text("nearest_mode", "round_prefer_floor"));
  const Shape x = call.shape(0);
  if (call.has(3)) {
    const Ints sizes = call.known_integers(3, "sizes");
    if (sizes.size() != x.rank() || x.rank() < 3 || sizes[0] != x[0] || sizes[1] != x[1]) {
      fail_input("only the spatial dimensions of {} can be resized", x.str());
    }
    op.size.assign(sizes.begin() + 2, sizes.end());
    op.coordinates = coordinates_of(coordinates, Shape(sizes));
    return call.become(op);
  }
  const std::vector<double> scales = call.known(2, "scales").to_vector<double>();
  op.coordinates = coordinates_of(coordinates, x);
  resize_by(call, op, scales);
}

void reduce_mean(Call& call) {
  ReduceMean op;
  op.keep_dims = call.attributes.integer("keepdims", 1) != 0;
  const bool nothing_means_all = call.attributes.integer("noop_with_empty_axes", 0) == 0;
  op.axes = call.integers("axes", 1).value_or(Ints{});
  if (op.axes.empty()) {
    if (!nothing_means_all) return call.become(Identity{});
    op.axes.resize(call.shape(0).rank());
    std::iota(op.axes.begin(), op.axes.end(), 0);
  }
  call.become(op);
}

constexpr Row rows[] = {{"Reshape", reshape},   {"Flatten", flatten},     {"Transpose", transpose},
                        {"Squeeze", squeeze},   {"Unsqueeze", unsqueeze}, {"Concat", concat},
                        {"Split", split},       {"Slice", slice},         {"Pad", pad},
                        {"Upsample", upsample}, {"Resize", resize},       {"ReduceMean", reduce_mean}};

}  // namespace

std::span<const Row> movement_rows() { return rows; }

}  // namespace banoff::onnx_import
