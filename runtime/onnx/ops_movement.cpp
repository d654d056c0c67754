// Operators that move elements about: reshaping, cutting, joining, padding.
#include <algorithm>
#include <numeric>

#include "runtime/core/checked.hpp"
#include "runtime/onnx/steps.hpp"

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
  // The batch stays what it is, however many there are.
  if (call.importer().has_batch() && !shape.empty() && x.rank() > 0 && shape[0] == x[0]) shape[0] = 0;
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
  for (std::size_t i = 0; i < call.inputs(); ++i) {
    const bool empty = call.in(i).known && call.in(i).known->elements() == 0;
    if (!empty || (parts.empty() && i + 1 == call.inputs())) parts.push_back(call.in(i));
  }
  const Concat op{call.attributes.integer("axis", 1)};
  call.result(0, parts.size() == 1 ? parts.front() : call.emit(op, parts));
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

/// The places that a slice with a negative step takes, by NumPy's rule.
Ints places_backwards(std::int64_t begin, std::int64_t end, std::int64_t step, std::int64_t size) {
  const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, -1, size - 1); };
  Ints places;
  // An end far below zero means "past the first".
  const std::int64_t last = end < -size ? -1 : place(end);
  for (std::int64_t at = place(begin); at > last; at += std::max(step, -size)) places.push_back(at);
  return places;
}

/// What a slice of a known tensor has left where that is nothing: exporters cut shapes so.
std::optional<Tensor> nothing_left(const Call& call, const Ints& axes, const Ints& begin, const Ints& end) {
  if (!call.in(0).known) return std::nullopt;
  Shape shape = call.shape(0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = resolve_axis(axes[i], shape.rank());
    const std::int64_t size = call.shape(0)[axis];
    const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size); };
    if (place(begin[i]) >= place(end[i])) shape[axis] = 0;
  }
  if (shape.elements() > 0) return std::nullopt;
  return Tensor::allocate(call.type(0).dtype, shape).first;
}

void slice(Call& call) {
  const auto begin = call.integers("starts", 1), end = call.integers("ends", 2);
  if (!begin || !end || begin->size() != end->size()) fail_input("starts and ends do not match");
  const Ints axes = call.integers("axes", 3).value_or(all_axes(begin->size()));
  const Ints steps = call.has(4) ? call.known_integers(4, "steps") : Ints(begin->size(), 1);
  if (axes.size() != begin->size() || steps.size() != begin->size()) fail_input("axes or steps do not match starts");
  const bool only_forward = std::ranges::all_of(steps, [](std::int64_t step) { return step > 0; });
  if (only_forward) {
    if (auto empty = nothing_left(call, axes, *begin, *end)) return call.result(0, {none, std::move(*empty)});
  }
  const Steps s(call);
  const Shape x = call.shape(0);
  Operand y = call.in(0);
  Slice forward;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (steps[i] > 0) {
      forward.axes.push_back(axes[i]), forward.step.push_back(steps[i]);
      forward.begin.push_back((*begin)[i]), forward.end.push_back((*end)[i]);
      continue;
    }
    const std::size_t axis = resolve_axis(axes[i], x.rank());
    if (steps[i] == 0) fail_input("a step of 0");
    const Ints places = places_backwards((*begin)[i], (*end)[i], steps[i], x[axis]);
    if (places.empty()) fail_input("the slice of axis {} of {} is empty", axis, x.str());
    y = s.take(y, axis, places);
  }
  call.result(0, forward.axes.empty() ? y : s.emit(forward, {y}));
}

/// Which element of a dimension of `size` each element of a padded one takes, beyond what fits into one reflection too.
Ints padded_places(const std::string& mode, std::int64_t size, std::int64_t begin, std::int64_t end) {
  Ints places;
  for (std::int64_t i = -begin; i < size + end; ++i) {
    const auto wrapped = [&](std::int64_t period) { return (i % period + period) % period; };
    if (mode == "wrap") places.push_back(wrapped(size));
    else if (mode == "edge") places.push_back(std::clamp<std::int64_t>(i, 0, size - 1));
    else if (size == 1) places.push_back(0);
    else places.push_back(size - 1 - std::abs(size - 1 - wrapped(2 * size - 2)));
  }
  return places;
}

/// What is padded, dimension by dimension; negative numbers cut.
struct Pads {
  Ints begin, end;
};

Pads pads_of(Call& call, bool as_inputs) {
  const Shape x = call.shape(0);
  const Ints pads = as_inputs ? call.known_integers(1, "pads") : call.attributes.integers("pads").value_or(Ints{});
  const Ints axes = call.has(3) ? call.known_integers(3, "axes") : all_axes(x.rank());
  if (pads.size() != 2 * axes.size()) fail_input("pads has {} values, {} expected", pads.size(), 2 * axes.size());
  Pads result{Ints(x.rank(), 0), Ints(x.rank(), 0)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = resolve_axis(axes[i], x.rank());
    result.begin[axis] = pads[i], result.end[axis] = pads[i + axes.size()];
    const std::int64_t most = std::int64_t{1} << 31;
    if (std::abs(pads[i]) > most || std::abs(result.end[axis]) > most) fail_input("a padding of {}", pads[i]);
  }
  return result;
}

/// The input without what negative pads cut off, which are 0 then.
Operand cut(const Steps& s, const Operand& x, Pads& pads) {
  Slice slice;
  const Shape shape = s.type(x).shape;
  for (std::size_t d = 0; d < shape.rank(); ++d) {
    if (pads.begin[d] >= 0 && pads.end[d] >= 0) continue;
    slice.axes.push_back(static_cast<std::int64_t>(d));
    slice.begin.push_back(std::max<std::int64_t>(-pads.begin[d], 0));
    slice.end.push_back(shape[d] - std::max<std::int64_t>(-pads.end[d], 0));
    pads.begin[d] = std::max<std::int64_t>(pads.begin[d], 0), pads.end[d] = std::max<std::int64_t>(pads.end[d], 0);
  }
  return slice.axes.empty() ? x : s.emit(slice, {x});
}

/// Constant, reflect and edge padding of dimensions that are large enough is our op; outer dimensions that are not
/// padded are not mentioned. Anything else takes elements dimension by dimension.
Operand padded(const Steps& s, Operand x, const Pads& pads, const std::string& mode, double value) {
  const Shape shape = s.type(x).shape;
  const auto is_padded = [&](std::size_t d) { return pads.begin[d] != 0 || pads.end[d] != 0; };
  std::size_t first = 0;
  while (first < shape.rank() && !is_padded(first)) ++first;
  if (first == shape.rank()) return x;
  bool fits = mode == "constant" || mode == "edge" || mode == "reflect";
  for (std::size_t d = first; d < shape.rank() && mode == "reflect"; ++d) {
    fits = fits && pads.begin[d] < shape[d] && pads.end[d] < shape[d];
  }
  if (!fits && mode != "reflect" && mode != "wrap") fail_input("mode = {} is not supported", mode);
  if (!fits) {
    for (std::size_t d = first; d < shape.rank(); ++d) {
      if (is_padded(d)) x = s.take(x, d, padded_places(mode, shape[d], pads.begin[d], pads.end[d]));
    }
    return x;
  }
  Pad op;
  op.mode = mode == "constant" ? PadMode::constant : mode == "edge" ? PadMode::edge : PadMode::reflect;
  op.value = value;
  const auto from = static_cast<std::ptrdiff_t>(first);
  op.padding.begin = Spatial(Ints(pads.begin.begin() + from, pads.begin.end()));
  op.padding.end = Spatial(Ints(pads.end.begin() + from, pads.end.end()));
  return s.emit(op, {x});
}

void pad(Call& call) {
  const bool as_inputs = call.opset() >= 11;
  const Steps s(call);
  Pads pads = pads_of(call, as_inputs);
  const std::string mode = call.attributes.text("mode", "constant");
  const double value = as_inputs ? call.known_number(2, "constant_value", 0) : call.attributes.real("value", 0);
  const Operand x = cut(s, call.in(0), pads);
  call.result(0, padded(s, x, pads, mode, value));
}

/// The middle of larger dimensions, zeros around smaller ones; an odd rest falls behind.
void center_crop_pad(Call& call) {
  const Shape x = call.shape(0);
  const Ints target = call.known_integers(1, "shape");
  const Ints axes = call.attributes.integers("axes").value_or(all_axes(x.rank()));
  if (axes.size() != target.size()) fail_input("{} sizes for {} axes", target.size(), axes.size());
  Pads pads{Ints(x.rank(), 0), Ints(x.rank(), 0)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = resolve_axis(axes[i], x.rank());
    if (target[i] < 1 || target[i] > std::int64_t{1} << 31) fail_input("a size of {}", target[i]);
    const std::int64_t more = target[i] - x[axis];
    pads.begin[axis] = more / 2, pads.end[axis] = more - more / 2;
  }
  const Steps s(call);
  const Operand inner = cut(s, call.in(0), pads);
  call.result(0, padded(s, inner, pads, "constant", 0));
}

void expand(Call& call) { call.become(Expand{call.known_integers(1, "the shape")}); }

/// Dimension by dimension, each element taken several times.
void tile(Call& call) {
  const Steps s(call);
  const Shape x = call.shape(0);
  const Ints repeats = call.known_integers(1, "repeats");
  if (repeats.size() != x.rank()) fail_input("{} repeats for {}", repeats.size(), x.str());
  Operand y = call.in(0);
  for (std::size_t d = 0; d < x.rank(); ++d) {
    if (repeats[d] < 1) fail_input("{} repeats", repeats[d]);
    if (repeats[d] == 1) continue;
    call.importer().account(checked_mul(x[d], repeats[d]));
    y = s.take(y, d, padded_places("wrap", x[d], 0, x[d] * (repeats[d] - 1)));
  }
  call.result(0, y);
}

std::int64_t block_of(Call& call) {
  const std::int64_t block = call.attributes.integer("blocksize", 0);
  const Shape x = call.shape(0);
  if (block < 1 || block > 1 << 15 || x.rank() != 4) fail_input("blocksize = {} for {}", block, x.str());
  return block;
}

/// Channels become blocks of pixels: the block's place is the slow part of a channel's number (DCR) or the fast (CRD).
void depth_to_space(Call& call) {
  const Steps s(call);
  const std::int64_t b = block_of(call);
  const Shape x = call.shape(0);
  if (x[1] % (b * b) != 0) fail_input("blocksize = {} for {} channels", b, x[1]);
  const std::int64_t c = x[1] / (b * b);
  const bool slow = call.attributes.text("mode", "DCR") == "DCR";
  const Operand split = s.reshape(call.in(0), slow ? Ints{x[0], b, b, c, x[2], x[3]} : Ints{x[0], c, b, b, x[2], x[3]});
  const Operand turned = s.emit(Transpose{slow ? Ints{0, 3, 4, 1, 5, 2} : Ints{0, 1, 4, 2, 5, 3}}, {split});
  call.result(0, s.reshape(turned, {x[0], c, x[2] * b, x[3] * b}));
}

void space_to_depth(Call& call) {
  const Steps s(call);
  const std::int64_t b = block_of(call);
  const Shape x = call.shape(0);
  if (x[2] % b != 0 || x[3] % b != 0) fail_input("blocksize = {} for {}", b, x.str());
  const Operand split = s.reshape(call.in(0), {x[0], x[1], x[2] / b, b, x[3] / b, b});
  const Operand turned = s.emit(Transpose{{0, 3, 5, 1, 2, 4}}, {split});
  call.result(0, s.reshape(turned, {x[0], x[1] * b * b, x[2] / b, x[3] / b}));
}

/// The triangle of the last two dimensions on and above (below) the k-th diagonal, zeros elsewhere.
void triangle(Call& call) {
  const Steps s(call);
  const Shape x = call.shape(0);
  if (x.rank() < 2) fail_input("input {} is no matrix", x.str());
  const bool upper = call.attributes.integer("upper", 1) != 0;
  const double k = call.known_number(1, "k", 0);
  const std::int64_t rows = x[x.rank() - 2], columns = x.back();
  call.importer().account(checked_mul(rows, columns));
  std::vector<double> mask;
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    const auto diagonal = static_cast<double>(i % columns - i / columns);
    mask.push_back(upper ? diagonal >= k : diagonal <= k);
  }
  const Operand inside{none, Tensor::of<double>({rows, columns}, std::move(mask)).as(DType::boolean)};
  call.result(0, s.where(inside, call.in(0), s.number(call.in(0), 0)));
}

constexpr Row rows[] = {{"Reshape", reshape},
                        {"Flatten", flatten},
                        {"Transpose", transpose},
                        {"Squeeze", squeeze},
                        {"Unsqueeze", unsqueeze},
                        {"Concat", concat},
                        {"Split", split},
                        {"Slice", slice},
                        {"Pad", pad},
                        {"CenterCropPad", center_crop_pad},
                        {"Expand", expand},
                        {"Tile", tile},
                        {"DepthToSpace", depth_to_space},
                        {"SpaceToDepth", space_to_depth},
                        {"Trilu", triangle}};

}  // namespace

std::span<const Row> movement_rows() { return rows; }

}  // namespace banoff::onnx_import
