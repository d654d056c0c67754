// Operators that join and cut.
#include <algorithm>

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
  const std::vector<Operand> results = call.emit_all(op, {call.in(0)});
  for (std::size_t i = 0; i < results.size(); ++i) call.result(i, results[i]);
}

/// A slice with a negative step, by NumPy's rule.
Operand backwards(const Steps& s, const Operand& x, std::size_t axis, std::int64_t begin, std::int64_t end,
                  std::int64_t step) {
  const std::int64_t size = s.type(x).shape[axis];
  const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, -1, size - 1); };
  // An end far below zero means "past the first".
  const std::int64_t first = place(begin), last = end < -size ? -1 : place(end);
  const std::int64_t stride = std::max(step, -size);
  const std::int64_t count = first > last ? (first - last - stride - 1) / -stride : 0;
  if (count == 0) fail_input("the slice of axis {} of {} is empty", axis, s.type(x).shape.str());
  return s.take(x, axis, count, [&](std::int64_t i) { return first + i * stride; });
}

/// What a slice of a known tensor has left where that is nothing: exporters cut shapes so.
std::optional<Known> nothing_left(const Call& call, const Ints& axes, const Ints& begin, const Ints& end) {
  if (!call.in(0).known) return std::nullopt;
  Shape shape = call.shape(0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = resolve_axis(axes[i], shape.rank());
    const std::int64_t size = call.shape(0)[axis];
    const auto place = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size); };
    if (place(begin[i]) >= place(end[i])) shape[axis] = 0;
  }
  if (shape.elements() > 0) return std::nullopt;
  return call.known().allocate(call.type(0).dtype, shape).first;
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
    y = backwards(s, y, axis, (*begin)[i], (*end)[i], steps[i]);
  }
  call.result(0, forward.axes.empty() ? y : s.emit(forward, {y}));
}

constexpr Row rows[] = {{"Concat", concat}, {"Split", split}, {"Slice", slice}};

}  // namespace

std::span<const Row> part_rows() { return rows; }

}  // namespace banoff::onnx_import
