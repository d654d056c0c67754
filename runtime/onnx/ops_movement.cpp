// Operators that give elements other places: reshaping, turning, repeating.
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
  // Sizes that copy are known here, but for the rows of a bounded tensor; some networks copy beyond what the new shape
  // lets stand.
  const Shape x = call.shape(0);
  for (std::size_t i = call.type(0).bounded ? 1 : 0; i < shape.size(); ++i) {
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
    for (std::size_t i = call.type(0).bounded ? 1 : 0; i < x.rank(); ++i) {
      if (x[i] == 1) axes->push_back(static_cast<std::int64_t>(i));
    }
  }
  call.become(Squeeze{*axes});
}

void unsqueeze(Call& call) { call.become(Unsqueeze{call.integers("axes", 1).value_or(Ints{})}); }

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
    y = s.take(y, d, checked_mul(x[d], repeats[d]), [&](std::int64_t i) { return i % x[d]; });
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

/// The way back; DCR alone before opset 28.
void space_to_depth(Call& call) {
  const Steps s(call);
  const std::int64_t b = block_of(call);
  const Shape x = call.shape(0);
  if (x[2] % b != 0 || x[3] % b != 0) fail_input("blocksize = {} for {}", b, x.str());
  const Operand split = s.reshape(call.in(0), {x[0], x[1], x[2] / b, b, x[3] / b, b});
  const bool slow = call.attributes.text("mode", "DCR") == "DCR";
  const Operand turned = s.emit(Transpose{slow ? Ints{0, 3, 5, 1, 2, 4} : Ints{0, 1, 3, 5, 2, 4}}, {split});
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
  const Operand inside{none, s.known().numbers(DType::boolean, {rows, columns}, [&](std::int64_t i) {
                         const auto diagonal = static_cast<double>(i % columns - i / columns);
                         return upper ? diagonal >= k : diagonal <= k;
                       })};
  call.result(0, s.where(inside, call.in(0), s.number(call.in(0), 0)));
}

constexpr Row rows[] = {{"Reshape", reshape},
                        {"Flatten", flatten},
                        {"Transpose", transpose},
                        {"Squeeze", squeeze},
                        {"Unsqueeze", unsqueeze},
                        {"Expand", expand},
                        {"Tile", tile},
                        {"DepthToSpace", depth_to_space},
                        {"SpaceToDepth", space_to_depth},
                        {"Trilu", triangle}};

}  // namespace

std::span<const Row> movement_rows() { return rows; }

}  // namespace banoff::onnx_import
