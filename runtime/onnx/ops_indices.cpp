// Operators that read and write at indices.
#include <algorithm>
#include <map>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

/// Places that follow each other at a step of at least 1 are a slice, which folding sees through.
std::optional<Slice> as_slice(const Ints& places, std::int64_t axis) {
  if (places.empty()) return std::nullopt;
  const std::int64_t step = places.size() > 1 ? places[1] - places[0] : 1;
  if (step < 1) return std::nullopt;
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i] - places[i - 1] != step) return std::nullopt;
  }
  return Slice{{axis}, {places.front()}, {places.back() + 1}, {step}};
}

void gather(Call& call) {
  const Shape x = call.shape(0);
  const std::size_t axis = resolve_axis(call.attributes.integer("axis", 0), x.rank());
  const Operand& indices = call.in(1);
  // So many are no slice worth looking for.
  constexpr std::int64_t most = 1 << 16;
  if (!indices.known || indices.known->elements() > most)
    return call.result(0, call.emit(Gather{static_cast<std::int64_t>(axis)}, {call.in(0), indices}));
  Ints places = call.known_integers(1, "indices");
  for (std::int64_t& place : places) {
    if (place < -x[axis] || place >= x[axis]) fail_input("index {} of dimension {} of {}", place, axis, x.str());
    if (place < 0) place += x[axis];
  }
  const auto slice = as_slice(places, static_cast<std::int64_t>(axis));
  if (!slice) return call.result(0, call.emit(Gather{static_cast<std::int64_t>(axis)}, {call.in(0), indices}));
  Ints shape(x.begin(), x.begin() + axis);
  for (const std::int64_t size : call.shape(1)) shape.push_back(size);
  shape.insert(shape.end(), x.begin() + axis + 1, x.end());
  const Steps s(call);
  const Operand along = std::ssize(places) == x[axis] ? call.in(0) : s.emit(*slice, {call.in(0)});
  // A reshape must not say how many rows of a bounded tensor there are.
  if (call.type(0).bounded && s.type(along).shape.vec() != shape) shape[0] = 0;
  call.result(0, s.reshape(along, shape));
}

void gather_elements(Call& call) {
  call.result(0, call.emit(GatherElements{call.attributes.integer("axis", 0)}, {call.in(0), call.in(1)}));
}

void gather_nd(Call& call) {
  call.result(0, call.emit(GatherNd{call.attributes.integer("batch_dims", 0)}, {call.in(0), call.in(1)}));
}

Reduction reduction_of(Call& call) {
  static const std::map<std::string, Reduction, std::less<>> words{{"none", Reduction::none},
                                                                   {"add", Reduction::add},
                                                                   {"mul", Reduction::mul},
                                                                   {"max", Reduction::max},
                                                                   {"min", Reduction::min}};
  const std::string word = call.attributes.text("reduction", "none");
  const auto found = words.find(word);
  if (found == words.end()) fail_input("reduction = {} is not supported", word);
  return found->second;
}

void scatter_elements(Call& call) {
  const ScatterElements op{call.attributes.integer("axis", 0), reduction_of(call)};
  call.result(0, call.emit(op, {call.in(0), call.in(1), call.in(2)}));
}

void scatter_nd(Call& call) {
  call.result(0, call.emit(ScatterNd{reduction_of(call)}, {call.in(0), call.in(1), call.in(2)}));
}

/// `values` (off, on): on where a place along the new axis is the index, which may count from the end.
void one_hot(Call& call) {
  const Steps s(call);
  const Operand indices = s.cast(call.in(0), DType::i64);
  const std::int64_t depth = call.known_integer(1, "the depth", 0);
  if (depth < 1) fail_input("depth is {}, expected at least 1", depth);
  const std::size_t rank = call.shape(0).rank() + 1;
  const std::size_t axis = resolve_axis(call.attributes.integer("axis", -1), rank);
  const Operand from_front = s.where(s.less(indices, s.number(indices, 0)),
                                     s.add(indices, s.number(indices, static_cast<double>(depth))), indices);
  const Operand with_axis = s.emit(Unsqueeze{{static_cast<std::int64_t>(axis)}}, {from_front});
  const Operand each = s.counted(rank, axis, depth);
  const auto value = [&](std::int64_t i) { return s.reshape(s.emit(Slice{{0}, {i}, {i + 1}, {}}, {call.in(2)}), {}); };
  call.result(0, s.where(s.equal(with_axis, each), value(1), value(0)));
}

void non_max_suppression(Call& call) {
  SelectBoxes op;
  op.centred = call.attributes.integer("center_point_box", 0) != 0;
  op.max = call.known_integer(2, "max_output_boxes_per_class", 0);
  op.iou = call.known_number(3, "iou_threshold", 0);
  if (call.has(4)) op.score = call.known_number(4, "score_threshold", 0);
  if (op.max < 1) fail_input("max_output_boxes_per_class is {}: nothing would come out", op.max);
  op.max = std::min(op.max, call.shape(0)[1]);
  call.result(0, call.emit(op, {call.in(0), call.in(1)}));
}

constexpr Row rows[] = {{"Gather", gather},
                        {"GatherElements", gather_elements},
                        {"GatherND", gather_nd},
                        {"ScatterElements", scatter_elements},
                        {"Scatter", scatter_elements},
                        {"ScatterND", scatter_nd},
                        {"OneHot", one_hot},
                        {"NonMaxSuppression", non_max_suppression}};

}  // namespace

std::span<const Row> index_rows() { return rows; }

}  // namespace banoff::onnx_import
