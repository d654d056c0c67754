// Boxes or what moves anchors, with a score for each class: SSD (Liu et al. 2016) and what is like it.
#include <algorithm>
#include <cmath>

#include "banoff/task/classification.hpp"
#include "runtime/task/decoder.hpp"

namespace banoff::decoding {
namespace {

/// Head `i` as `count` rows of `columns` (one of the two may be -1: any); Caffe's layers leave all of them in one row.
Head rows_of(const Job& job, std::size_t i, std::int64_t count, std::int64_t columns, std::string_view what) {
  const Shape& shape = job.heads[i].shape();
  const std::int64_t known = count > 0 ? count : columns;
  const bool flat = shape.rank() == 2 && shape[0] == 1 && shape[1] > 0 && shape[1] % known == 0;
  if (!flat) return job.head(i, {count, columns}, what);
  const std::int64_t other = shape[1] / known;
  return {job.heads[i].to_vector<double>(),
          count > 0 ? std::vector<std::int64_t>{count, other} : std::vector<std::int64_t>{other, columns}};
}

/// Anchors, and the variances of each.
struct Anchors {
  Head boxes;
  std::vector<double> variances;
};

/// From rows of anchors, or as Caffe's PriorBox leaves them: all anchors in a row, all variances in another.
Anchors anchors_of(const Job& job, std::int64_t count) {
  const Shape& shape = job.heads[2].shape();
  const std::size_t batch = shape.rank() == 3 && shape[0] == 1 ? 1 : 0;
  if (shape.rank() == 2 + batch && shape[batch] == 2 && shape[batch + 1] == 4 * count) {
    const std::vector<double> all = job.heads[2].to_vector<double>();
    const auto half = all.begin() + 4 * count;
    return {{{all.begin(), half}, {count, 4}}, {half, all.end()}};
  }
  Anchors anchors{
      job.head(2, {count, 4}, "an anchor for each delta [count, 4], or these and their variances [2, 4 count]"), {}};
  for (std::int64_t i = 0; i < count; ++i) {
    anchors.variances.insert(anchors.variances.end(), job.task.decoding.variances.begin(),
                             job.task.decoding.variances.end());
  }
  return anchors;
}

/// Boxes [count, 4] as centres and sides in pixels of the input.
Head centred(Head boxes, const Job& job) {
  const Decoding& how = job.task.decoding;
  const double across = how.relative ? job.width : 1;
  const double down = how.relative ? job.height : 1;
  for (std::size_t i = 0; i < boxes.values.size(); i += 4) {
    const auto box = std::span(boxes.values).subspan(i, 4);
    if (how.form == BoxForm::corners) {
      const double left = box[0], top = box[1], right = box[2], bottom = box[3];
      box[0] = (left + right) / 2, box[1] = (top + bottom) / 2;
      box[2] = right - left, box[3] = bottom - top;
    }
    box[0] *= across, box[1] *= down;
    box[2] *= across, box[3] *= down;
  }
  return boxes;
}

/// Adds box i for each of its classes.
void add_classes(const Job& job, const Head& boxes, Head scores, Found& found) {
  const Decoding& how = job.task.decoding;
  const std::int64_t classes = scores.sizes[1];
  job.check_classes(classes);
  for (std::int64_t i = 0; i < boxes.sizes[0]; ++i) {
    const auto row =
        std::span(scores.values).subspan(static_cast<std::size_t>(i * classes), static_cast<std::size_t>(classes));
    if (how.scores == ScoreKind::softmax) std::ranges::copy(softmax(row), row.begin());
    if (how.scores == ScoreKind::sigmoid) std::ranges::transform(row, row.begin(), sigmoid);
    const auto box = box_around(boxes.at(4 * i), boxes.at(4 * i + 1), boxes.at(4 * i + 2), boxes.at(4 * i + 3));
    for (std::int64_t c = how.background ? 1 : 0; c < classes; ++c) {
      found.add(box, row[static_cast<std::size_t>(c)], c);
    }
  }
}

}  // namespace

void decode_boxes(const Job& job, Found& found) {
  const Head boxes = centred(rows_of(job, 0, -1, 4, "boxes [1, count, 4]"), job);
  add_classes(job, boxes, rows_of(job, 1, boxes.sizes[0], -1, "the boxes' scores [1, count, classes]"), found);
}

void decode_ssd(const Job& job, Found& found) {
  const Head deltas = rows_of(job, 0, -1, 4, "deltas [1, count, 4]");
  const auto [anchors, variances] = anchors_of(job, deltas.sizes[0]);
  Head boxes = centred(anchors, job);
  for (std::size_t i = 0; i < boxes.values.size(); i += 4) {
    for (std::size_t k : {std::size_t{0}, std::size_t{1}}) {
      double& side = boxes.values[i + 2 + k];
      boxes.values[i + k] += deltas.values[i + k] * variances[i + k] * side;
      side *= std::exp(deltas.values[i + 2 + k] * variances[i + 2 + k]);
    }
  }
  add_classes(job, boxes, rows_of(job, 1, boxes.sizes[0], -1, "the boxes' scores [1, count, classes]"), found);
}

}  // namespace banoff::decoding
