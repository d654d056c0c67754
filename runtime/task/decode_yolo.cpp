// The heads of YOLO v5 and v8 as their exporters leave them: decoded to pixels, scores between 0 and 1. v8's for
// segmentation have coefficients of masks behind the classes.
#include <fmt/format.h>

#include "runtime/task/decoder.hpp"

namespace banoff::decoding {
namespace {

/// Value k of box i is at `i * box + k * value`; the scores of the classes begin at value `first`.
struct Layout {
  std::int64_t count, box, value, first, classes;
  std::int64_t details = 0;  ///< values behind the classes
};

/// A box is of its best class alone.
void add_boxes(const Head& head, const Layout& at, Found& found) {
  for (std::int64_t i = 0; i < at.count; ++i) {
    const auto value = [&](std::int64_t k) { return head.at(i * at.box + k * at.value); };
    const std::int64_t best = best_class(at.classes, [&](std::int64_t c) { return value(at.first + c); });
    const double score = (at.first == 5 ? value(4) : 1) * value(at.first + best);
    if (!found.is_enough(score)) continue;
    std::vector<double> details;
    for (std::int64_t k = 0; k < at.details; ++k) details.push_back(value(at.first + at.classes + k));
    found.add(box_around(value(0), value(1), value(2), value(3)), score, best, details);
  }
}

}  // namespace

void decode_yolov5(const Job& job, Found& found) {
  constexpr std::string_view what = "[1, boxes, 5 + classes]";
  const Head head = job.head(0, {-1, -1}, what);
  const std::int64_t columns = head.sizes[1];
  if (columns < 6) (void)job.head(0, {-1, 6}, what);
  job.check_classes(columns - 5);
  add_boxes(head, {head.sizes[0], columns, 1, 5, columns - 5}, found);
}

void decode_yolov8(const Job& job, Found& found) {
  constexpr std::string_view what = "[1, 4 + classes, boxes]";
  const Head head = job.head(0, {-1, -1}, what);
  const std::int64_t rows = head.sizes[0];
  if (rows < 5) (void)job.head(0, {5, -1}, what);
  job.check_classes(rows - 4);
  add_boxes(head, {head.sizes[1], 1, head.sizes[1], 4, rows - 4}, found);
}

void decode_yolov8_seg(const Job& job, Found& found) {
  const Head prototypes = job.head(1, {-1, -1, -1}, "prototypes of masks [1, masks, height, width]");
  const std::int64_t masks = prototypes.sizes[0];
  const std::string what = fmt::format("[1, 4 + classes + {} coefficients of masks, boxes]", masks);
  const Head head = job.head(0, {-1, -1}, what);
  const std::int64_t rows = head.sizes[0];
  if (rows < 5 + masks) (void)job.head(0, {5 + masks, -1}, what);
  job.check_classes(rows - 4 - masks);
  add_boxes(head, {head.sizes[1], 1, head.sizes[1], 4, rows - 4 - masks, masks}, found);
}

}  // namespace banoff::decoding
