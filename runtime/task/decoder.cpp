#include "runtime/task/decoder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "banoff/task/npy.hpp"
#include "runtime/core/fail.hpp"

namespace banoff {
namespace decoding {

void Found::add(const std::array<double, 4>& box, double score, std::int64_t label, std::span<const double> details) {
  if (!is_enough(score)) return;
  if (candidates_.size() >= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    fail_input("detection: too many boxes");
  }
  candidates_.push_back({score, 0, static_cast<std::int32_t>(candidates_.size()), static_cast<std::int32_t>(label)});
  boxes_.insert(boxes_.end(), box.begin(), box.end());
  details_.insert(details_.end(), details.begin(), details.end());
}

DecodedBoxes Found::best(const Nms& nms) {
  const std::size_t each = candidates_.empty() ? 0 : details_.size() / candidates_.size();
  const boxes::Scored<double> all{boxes_.data(), nullptr, std::ssize(candidates_), 1, false};
  std::vector<double> rows(static_cast<std::size_t>(nms.max * boxes::row_size));
  const std::int64_t kept =
      boxes::suppress(nms, std::span(&all, 1), std::span<boxes::Candidate<double>>(candidates_), rows.data());
  rows.resize(static_cast<std::size_t>(kept * boxes::row_size));
  // Those that stay are the first candidates now.
  std::vector<double> details;
  for (std::int64_t i = 0; i < kept; ++i) {
    const auto box = static_cast<std::size_t>(candidates_[static_cast<std::size_t>(i)].box);
    const auto of_box = std::span(details_).subspan(box * each, each);
    details.insert(details.end(), of_box.begin(), of_box.end());
  }
  return {Tensor::of<double>({kept, boxes::row_size}, std::move(rows)),
          Tensor::of<double>({kept, static_cast<std::int64_t>(each)}, std::move(details))};
}

Head Job::head(std::size_t i, const std::vector<std::int64_t>& sizes, std::string_view what) const {
  const Shape& shape = heads[i].shape();
  // The batch of 1 may be missing: a constant has none.
  const std::size_t batch = shape.rank() == sizes.size() + 1 && shape[0] == 1 ? 1 : 0;
  bool fits = shape.rank() == sizes.size() + batch;
  Head head;
  for (std::size_t k = 0; fits && k < sizes.size(); ++k) {
    head.sizes.push_back(shape[batch + k]);
    fits = sizes[k] < 0 ? head.sizes[k] > 0 : head.sizes[k] == sizes[k];
  }
  if (!fits) fail_input("detection: head {} must be {}, it is {}", i, what, shape.str());
  head.values = heads[i].to_vector<double>();
  return head;
}

void Job::check_classes(std::int64_t classes) const {
  if (task.labels.empty() || std::ssize(task.labels) == classes) return;
  fail_input("detection: the heads have {} classes, the task {} labels", classes, task.labels.size());
}

const Row& row_of(Decoder decoder) {
  static constexpr std::array table{
      Row{Decoder::boxes, 2, decode_boxes, true},
      Row{Decoder::ssd, 3, decode_ssd, true},
      Row{Decoder::fastestdet, 1, decode_fastestdet, true},
      Row{Decoder::yolov5, 1, decode_yolov5, true},
      Row{Decoder::yolov8, 1, decode_yolov8, true},
      Row{Decoder::centernet, 3, decode_centernet, false},
      Row{Decoder::yolox, 1, decode_yolox, true},
      Row{Decoder::yolov8_seg, 2, decode_yolov8_seg, true, Details::mask_coefficients},
      Row{Decoder::centerface, 4, decode_centerface, true, Details::landmarks},
      Row{Decoder::picodet, 2, decode_picodet, true, Details::none, true},
      Row{Decoder::dbnet, 1, decode_dbnet, false},
  };
  const auto row = std::ranges::find(table, decoder, &Row::decoder);
  if (row == table.end()) fail_usage("this task has no decoder");
  return *row;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace decoding

BoxDecoder::BoxDecoder(Task task) : task_(std::move(task)) {
  (void)decoding::row_of(task_.decoding.decoder);
  if (!task_.decoding.anchors.empty()) anchors_ = read_npy(task_.decoding.anchors);
}

std::vector<std::string> BoxDecoder::heads(const std::vector<std::string>& outputs) const {
  std::vector<std::string> names = task_.decoding.heads;
  if (names.empty() && !task_.output.empty()) names = {task_.output};
  const std::size_t count = decoding::row_of(task_.decoding.decoder).heads_of(task_) - (anchors_ ? 1 : 0);
  if (names.empty()) names = outputs;
  if (task_.decoding.heads.empty() && names.size() > count) names.resize(count);
  if (names.size() != count) {
    fail_input("detection: {} heads ({}), the decoder reads {}; name them by `heads`", names.size(),
               fmt::join(names, ", "), count);
  }
  return names;
}

DecodedBoxes BoxDecoder::operator()(std::span<const Tensor> heads, const Placement& placement) const {
  const decoding::Row& row = decoding::row_of(task_.decoding.decoder);
  std::vector<Tensor> all(heads.begin(), heads.end());
  if (anchors_) all.push_back(*anchors_);
  if (all.size() != row.heads_of(task_)) {
    fail_input("detection: {} heads, the decoder reads {}", all.size(), row.heads_of(task_));
  }
  const decoding::Job job{all, task_, static_cast<double>(placement.input_height),
                          static_cast<double>(placement.input_width)};
  decoding::Found found(task_.min_score);
  row.decode(job, found);
  Nms nms;
  nms.iou = row.overlaps ? task_.decoding.iou : 1;
  nms.max = task_.decoding.max;
  return found.best(nms);
}

void BoxDecoder::add_landmarks(const DecodedBoxes& decoded, const Placement& placement,
                               std::span<Detection> found) const {
  if (decoding::row_of(task_.decoding.decoder).details != decoding::Details::landmarks) return;
  const std::vector<double> values = decoded.details.to_vector<double>();
  const std::int64_t each = decoded.details.shape()[1];
  for (Detection& one : found) {
    for (std::int64_t i = one.row * each; i + 1 < (one.row + 1) * each; i += 2) {
      const auto at = static_cast<std::size_t>(i);
      one.landmarks.push_back({(values[at] - placement.offset_x) / placement.scale_x,
                               (values[at + 1] - placement.offset_y) / placement.scale_y});
    }
  }
}

std::vector<InstanceMask> BoxDecoder::masks(std::span<const Tensor> heads, const DecodedBoxes& decoded,
                                            const Placement& placement, std::span<const Detection> found) const {
  if (decoding::row_of(task_.decoding.decoder).details != decoding::Details::mask_coefficients) return {};
  return decoding::prototype_masks(heads[1], decoded.details, placement, found);
}

}  // namespace banoff
