// Operators that join and cut.
#include <algorithm>
#include <cstdlib>

#include "runtime/graph/bounded.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

void concat(Call& call) {
  std::vector<Operand> parts;
  for (std::size_t i = 0; i < call.inputs(); ++i) {
    const bool empty = call.in(i).known && call.in(i).known->elements() == 0;
    if (!empty || (parts.empty() && i + 1 == call.inputs())) parts.push_back(call.in(i));
  }
  const Concat op{call.attributes.integer("axis", 1)};
  call.result(0, parts.size() == 1 ? parts.front() : call.emit(op, parts));
}

/// Nothing of x along an axis: known, whatever the network is given.
Operand without_elements(const Steps& s, const Operand& x, std::size_t axis) {
  TensorType type = s.type(x);
  type.shape[axis] = 0;
  return {none, s.known().allocate(type.dtype, type.shape).first};
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
    if (parts < 1 || parts != static_cast<std::int64_t>(call.outputs())) {
      fail_input("{} parts for {} outputs", parts, call.outputs());
    }
    const std::int64_t each = (size + parts - 1) / parts;
    for (std::int64_t left = size; left > 0; left -= each) op.sizes.push_back(std::min(left, each));
  }
  if (op.sizes.size() != call.outputs()) fail_input("{} parts for {} outputs", op.sizes.size(), call.outputs());
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < op.sizes.size(); ++i) {
    if (op.sizes[i] != 0) places.push_back(i);
    else call.result(i, without_elements(Steps(call), call.in(0), resolve_axis(op.axis, call.shape(0).rank())));
  }
  std::erase(op.sizes, 0);
  if (op.sizes.empty()) fail_input("no part of {} has elements", call.shape(0).str());
  const std::vector<Operand> results = call.emit_all(op, {call.in(0)});
  for (std::size_t i = 0; i < results.size(); ++i) call.result(places[i], results[i]);
}

/// The elements of one axis that a slice takes, by NumPy's rule: `count` of them.
struct Taken {
  std::int64_t first, step, count;
};

Taken taken(std::int64_t size, std::int64_t begin, std::int64_t end, std::int64_t step) {
  if (step == 0) fail_input("a step of 0");
  const std::int64_t least = step > 0 ? 0 : -1, most = step > 0 ? size : size - 1;
  const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, least, most); };
  // Backwards, an end far below zero means "past the first".
  const std::int64_t first = place(begin), last = step < 0 && end < -size ? -1 : place(end);
  const std::int64_t stride = std::clamp<std::int64_t>(step, -size - 1, size + 1);
  const std::int64_t way = stride > 0 ? last - first : first - last, length = std::abs(stride);
  return {first, stride, way > 0 ? (way - 1) / length + 1 : 0};
}

void slice(Call& call) {
  const auto begin = call.integers("starts", 1), end = call.integers("ends", 2);
  if (!begin || !end || begin->size() != end->size()) fail_input("starts and ends do not match");
  const Ints axes = call.integers("axes", 3).value_or(all_axes(begin->size()));
  const Ints steps = call.has(4) ? call.known_integers(4, "steps") : Ints(begin->size(), 1);
  if (axes.size() != begin->size() || steps.size() != begin->size()) fail_input("axes or steps do not match starts");
  const Steps s(call);
  const Shape x = call.shape(0);
  Operand y = call.in(0);
  Slice forward;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = resolve_axis(axes[i], x.rank());
    const Taken t = taken(x[axis], (*begin)[i], (*end)[i], steps[i]);
    // Exporters cut shapes so, and channels that a concatenation then ignores.
    if (t.count == 0) {
      if (axis == 0) refuse_bounded(call.type(0), "slice of dimension 0");
      return call.result(0, without_elements(s, y, axis));
    }
    if (steps[i] > 0) {
      forward.axes.push_back(axes[i]), forward.step.push_back(steps[i]);
      forward.begin.push_back((*begin)[i]), forward.end.push_back((*end)[i]);
    } else {
      y = s.take(y, axis, t.count, [&](std::int64_t k) { return t.first + k * t.step; });
    }
  }
  call.result(0, forward.axes.empty() ? y : s.emit(forward, {y}));
}

constexpr Row rows[] = {{"Concat", concat}, {"Split", split}, {"Slice", slice}};

}  // namespace

std::span<const Row> part_rows() { return rows; }

}  // namespace banoff::onnx_import
