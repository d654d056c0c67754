// Operators that pad.
#include <algorithm>

#include "runtime/graph/padding.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

/// A padded dimension whose elements are those of the dimension itself, beyond what fits into one reflection too.
Operand repeated(const Steps& s, const Operand& x, std::size_t axis, const std::string& mode, std::int64_t begin,
                 std::int64_t end) {
  const std::int64_t size = s.type(x).shape[axis];
  if (size < 1) fail_input("dimension {} of {} has no elements to pad with", axis, s.type(x).shape.str());
  return s.take(x, axis, begin + size + end, [&](std::int64_t at) {
    const std::int64_t i = at - begin;
    return mode == "wrap" ? (i % size + size) % size : padding_source(i, size, PadMode::reflect);
  });
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
    for (const std::int64_t each : {result.begin[axis], result.end[axis]}) {
      constexpr std::int64_t most = std::int64_t{1} << 31;
      if (each < -most || each > most) fail_input("a padding of {}", each);
    }
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
      if (is_padded(d)) x = repeated(s, x, d, mode, pads.begin[d], pads.end[d]);
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

/// What a constant padding is of. Our op keeps it as a double, which large integers of 64 bits need not fit.
double value_of(const Call& call) {
  const double value = call.known_number(2, "constant_value", 0);
  if (!call.has(2)) return value;
  const Tensor& given = call.known(2, "constant_value");
  const Tensor kept = Tensor::of<double>(given.shape(), {value}).as(given.dtype());
  if (is_integer(given.dtype()) && !std::equal(kept.data(), kept.data() + kept.bytes(), given.data()))
    fail_input("a constant_value beyond 53 bits is not supported");
  return value;
}

void pad(Call& call) {
  const bool as_inputs = call.opset() >= 11;
  const Steps s(call);
  Pads pads = pads_of(call, as_inputs);
  const std::string mode = call.attributes.text("mode", "constant");
  const double value = as_inputs ? value_of(call) : call.attributes.real("value", 0);
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

constexpr Row rows[] = {{"Pad", pad}, {"CenterCropPad", center_crop_pad}};

}  // namespace

std::span<const Row> padding_rows() { return rows; }

}  // namespace banoff::onnx_import
