// Shape rules of the ops that work on boxes.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "runtime/core/checked.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/bounded.hpp"

namespace banoff {

namespace {

constexpr std::int64_t box_size = 4;

/// Boxes belong to one picture: nothing says to which one of several.
void check_image(const TensorType& type, std::string_view what) {
  if (type.shape.rank() != 4 || type.shape.elements() == 0) {
    fail_input("{} {}, expected four dimensions (batch, channels, height, width)", what, type.str());
  }
  if (type.shape[0] != 1 || type.bounded) {
    fail_input("{} {} has a batch of {}: boxes are found in one picture at a time, the batch must be 1", what,
               type.str(), type.shape[0]);
  }
}

/// Rows that begin with a box.
void check_boxes(const TensorType& type) {
  if (type.shape.rank() != 2 || type.shape[1] < box_size) {
    fail_input("boxes {}, expected Kx4 or more (x1 y1 x2 y2 first)", type.str());
  }
}

void check_rows(const TensorType& a, const TensorType& b) {
  if (a.shape[0] != b.shape[0] || a.bounded != b.bounded) {
    fail_input("{} and {}: the first sizes differ", a.str(), b.str());
  }
}

}  // namespace

Signature signature(const Anchors& op, InputTypes inputs) {
  check_image(inputs[0], "feature map");
  check_image(inputs[1], "image");
  const std::size_t boxes = std::max(op.sizes.size(), op.ratios.size());
  const auto fits = [&](const std::vector<double>& list) { return list.size() == 1 || list.size() == boxes; };
  const auto positive = [](double v) { return v > 0 && std::isfinite(v); };
  if (!fits(op.sizes) || !fits(op.ratios)) {
    fail_input("{} sizes and {} ratios, expected as many of both, or one of either", op.sizes.size(), op.ratios.size());
  }
  if (!std::ranges::all_of(op.sizes, positive) || !std::ranges::all_of(op.ratios, positive)) {
    fail_input("sizes and ratios must be positive");
  }
  if (!std::isfinite(op.offset)) fail_input("offset is {}, expected a finite number", op.offset);
  const Shape& map = inputs[0].shape;
  for (const std::size_t d : {2U, 3U}) {
    if (map[d] > inputs[1].shape[d]) {
      fail_input("feature map {} is larger than the image {}", inputs[0].str(), inputs[1].str());
    }
  }
  const std::int64_t cells = checked_mul(map[2], map[3]);
  return {{{inputs[0].dtype, {checked_mul(cells, static_cast<std::int64_t>(boxes)), box_size}, false}}, {}};
}

std::vector<double> anchor_boxes(const Anchors& op, const Shape& map, const Shape& image) {
  const auto height = static_cast<double>(image[2]);
  const auto width = static_cast<double>(image[3]);
  const auto step = [&](std::size_t d) {
    return op.whole_pixels ? static_cast<double>(image[d] / map[d])
                           : static_cast<double>(image[d]) / static_cast<double>(map[d]);
  };
  std::vector<double> half_sides;  // width, height by box
  for (std::size_t i = 0; i < std::max(op.sizes.size(), op.ratios.size()); ++i) {
    const double size = op.sizes[op.sizes.size() == 1 ? 0 : i];
    const double root = std::sqrt(op.ratios[op.ratios.size() == 1 ? 0 : i]);
    const double w = op.relative ? std::min(size / root, 1.0) * width : size / root;
    const double h = op.relative ? std::min(size * root, 1.0) * height : size * root;
    // In the rounding mode of a program that never sets one, halves go to the even neighbour.
    half_sides.push_back(op.whole_pixels ? std::nearbyint(w / 2) : w / 2);
    half_sides.push_back(op.whole_pixels ? std::nearbyint(h / 2) : h / 2);
  }
  std::vector<double> boxes;
  boxes.reserve(static_cast<std::size_t>(map[2] * map[3]) * half_sides.size() * 2);
  for (std::int64_t i = 0; i < map[2]; ++i) {
    for (std::int64_t j = 0; j < map[3]; ++j) {
      const double y = (static_cast<double>(i) + op.offset) * step(2);
      const double x = (static_cast<double>(j) + op.offset) * step(3);
      for (std::size_t b = 0; b < half_sides.size(); b += 2) {
        const double w = half_sides[b];
        const double h = half_sides[b + 1];
        boxes.insert(boxes.end(), {x - w, y - h, x + w, y + h});
      }
    }
  }
  return boxes;
}

Signature signature(const DecodeBoxes& op, InputTypes inputs) {
  const TensorType& deltas = inputs[0];
  if (deltas.shape.rank() != 2 || deltas.shape[1] % box_size != 0) {
    fail_input("deltas {}, expected Kx4 or Kx4C (dx dy dw dh)", deltas.str());
  }
  check_boxes(inputs[1]);
  check_rows(deltas, inputs[1]);
  if (inputs.size() > 2) check_image(inputs[2], "image");
  const auto positive = [](double v) { return v > 0 && std::isfinite(v); };
  if (op.weights.size() != box_size || !std::ranges::all_of(op.weights, positive)) {
    fail_input("weights must be four positive numbers");
  }
  if (!std::isfinite(op.max_log_scale)) fail_input("max_log_scale is {}", op.max_log_scale);
  return {{deltas}, {}};
}

Signature signature(const Nms& op, InputTypes inputs) {
  if (inputs.size() % 2 != 0) fail_input("{} inputs, expected pairs of boxes and scores", inputs.size());
  std::int64_t candidates = 0;
  for (std::size_t i = 0; i < inputs.size(); i += 2) {
    const Shape& boxes = inputs[i].shape;
    const Shape& scores = inputs[i + 1].shape;
    const bool match = boxes.rank() == 2 && scores.rank() == 2 && scores[0] == boxes[0] &&
                       (boxes[1] == box_size || boxes[1] == checked_mul(box_size, scores[1]));
    if (!match) fail_input("boxes {} and scores {}, expected Kx4 or Kx4C, and KxC", boxes.str(), scores.str());
    if (op.background && scores[1] < 2) fail_input("scores {} have no class but the background", scores.str());
    candidates = checked_add(candidates, scores.elements());
  }
  if (candidates > std::numeric_limits<std::int32_t>::max()) fail_input("{} scores are too many", candidates);
  if (op.max < 1) fail_input("max is {}, expected at least 1", op.max);
  if (op.candidates && *op.candidates < 1) fail_input("candidates is {}, expected at least 1", *op.candidates);
  return {{{inputs[0].dtype, {op.max, 6}, true}}, {}};
}

Signature signature(const RoiAlign& op, InputTypes inputs) {
  check_boxes(inputs[0]);
  const InputTypes maps = inputs.subspan(1);
  if (op.strides.size() != maps.size()) fail_input("{} strides for {} feature maps", op.strides.size(), maps.size());
  for (std::size_t i = 0; i < maps.size(); ++i) {
    check_image(maps[i], "feature map");
    if (maps[i].shape[1] != maps[0].shape[1]) {
      fail_input("feature maps {} and {}: the channels differ", maps[0].str(), maps[i].str());
    }
    const std::int64_t stride = op.strides[i];
    if (stride < 1 || !std::has_single_bit(static_cast<std::uint64_t>(stride))) {
      fail_input("strides: {} is not a power of two", stride);
    }
    if (i > 0 && stride != op.strides[i - 1] && stride != 2 * op.strides[i - 1]) {
      fail_input("strides: {} after {}, expected the same or twice that", stride, op.strides[i - 1]);
    }
  }
  if (!op.size.fits(2)) fail_input("size has {} values, expected one or two", op.size.values.size());
  for (const std::size_t d : {0U, 1U}) {
    if (op.size.at(d) < 1 || op.sampling < 1 || op.size.at(d) > RoiAlign::most_points ||
        op.sampling > RoiAlign::most_points / op.size.at(d)) {
      fail_input("size {} with sampling {}: expected 1 to {} points in each direction", op.size.at(d), op.sampling,
                 RoiAlign::most_points);
    }
  }
  if (!(op.canonical_size > 0) || !std::isfinite(op.canonical_size)) {
    fail_input("canonical_size is {}, expected a positive number", op.canonical_size);
  }
  const Shape out{inputs[0].shape[0], maps[0].shape[1], op.size.at(0), op.size.at(1)};
  return {{{maps[0].dtype, out, inputs[0].bounded}}, {}};
}

Signature signature(const PickChannel&, InputTypes inputs) {
  const TensorType& x = inputs[0];
  const TensorType& rows = inputs[1];
  if (x.shape.rank() < 2 || x.shape[1] < 1) fail_input("input {} has no channels to pick from", x.str());
  if (rows.shape.rank() != 2 || rows.shape[1] < 1) fail_input("rows {}, expected KxM", rows.str());
  check_rows(x, rows);
  TensorType out = x;
  out.shape[1] = 1;
  return {{out}, {}};
}

}  // namespace banoff
