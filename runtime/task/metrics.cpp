#include "banoff/task/metrics.hpp"

#include <algorithm>
#include <map>

#include "runtime/core/fail.hpp"

namespace banoff {
namespace {

struct Candidate {
  double score;
  std::size_t picture;
  Box box;
};

/// Area under the precision-recall curve of detections in the order of their scores.
double area_under_curve(const std::vector<bool>& hits, std::size_t truths) {
  std::vector<double> precision;
  double found = 0;
  for (const bool hit : hits) {
    found += hit ? 1 : 0;
    precision.push_back(found / static_cast<double>(precision.size() + 1));
  }
  double area = 0, best = 0;
  for (std::size_t i = hits.size(); i-- > 0;) {
    best = std::max(best, precision[i]);
    if (hits[i]) area += best / static_cast<double>(truths);
  }
  return area;
}

double class_precision(std::vector<Candidate> candidates, const std::map<std::size_t, std::vector<Box>>& truth,
                       double threshold) {
  std::ranges::stable_sort(candidates, std::ranges::greater{}, &Candidate::score);
  std::map<std::size_t, std::vector<bool>> taken;
  std::size_t truths = 0;
  for (const auto& [picture, boxes] : truth) {
    taken[picture].resize(boxes.size());
    truths += boxes.size();
  }
  std::vector<bool> hits;
  for (const Candidate& candidate : candidates) {
    hits.push_back(false);
    const auto boxes = truth.find(candidate.picture);
    if (boxes == truth.end()) continue;
    std::vector<bool>& used = taken[candidate.picture];
    double best = -1;
    std::size_t which = 0;
    for (std::size_t i = 0; i < used.size(); ++i) {
      const double overlap = used[i] ? -1 : intersection_over_union(candidate.box, boxes->second[i]);
      if (overlap > best) {
        best = overlap;
        which = i;
      }
    }
    if (best >= threshold) hits.back() = used[which] = true;
  }
  return area_under_curve(hits, truths);
}

}  // namespace

double accuracy(std::span<const std::int64_t> predicted, std::span<const std::int64_t> truth) {
  if (predicted.size() != truth.size()) fail_internal("{} predictions for {} labels", predicted.size(), truth.size());
  if (truth.empty()) return 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) right += predicted[i] == truth[i] ? 1U : 0U;
  return static_cast<double>(right) / static_cast<double>(truth.size());
}

double intersection_over_union(const Box& a, const Box& b) {
  const double width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const double height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const double common = width * height;
  return common / (a.area() + b.area() - common);
}

AveragePrecision average_precision(std::span<const std::vector<Detection>> found,
                                   std::span<const std::vector<LabelledBox>> truth, double threshold) {
  if (found.size() != truth.size()) fail_internal("detections of {} pictures for {}", found.size(), truth.size());
  std::map<std::int64_t, std::map<std::size_t, std::vector<Box>>> boxes;
  std::map<std::int64_t, std::vector<Candidate>> candidates;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    for (const LabelledBox& real : truth[i]) boxes[real.label][i].push_back(real.box);
    for (const Detection& one : found[i]) candidates[one.label].push_back({one.score, i, one.box});
  }
  AveragePrecision result;
  for (const auto& [label, real] : boxes) {
    result.per_class.emplace_back(label, class_precision(candidates[label], real, threshold));
    result.mean += result.per_class.back().second / static_cast<double>(boxes.size());
  }
  return result;
}

void ConfusionMatrix::add(const Mask& predicted, const Mask& truth) {
  if (predicted.height != truth.height || predicted.width != truth.width) {
    fail_input("a mask of {}x{} pixels for a picture of {}x{}", truth.width, truth.height, predicted.width,
               predicted.height);
  }
  for (std::size_t i = 0; i < truth.classes.size(); ++i) {
    if (truth.classes[i] != Mask::unknown) ++counts_[truth.classes[i] * std::size_t{256} + predicted.classes[i]];
  }
}

std::vector<std::optional<double>> ConfusionMatrix::iou() const {
  std::vector<std::optional<double>> result;
  for (std::size_t c = 0; c < Mask::unknown; ++c) {
    std::int64_t real = 0, guessed = 0;
    for (std::size_t k = 0; k < 256; ++k) {
      real += counts_[c * 256 + k];
      guessed += counts_[k * 256 + c];
    }
    if (real == 0) continue;
    result.resize(c + 1);
    const std::int64_t common = counts_[c * 256 + c];
    result[c] = static_cast<double>(common) / static_cast<double>(real + guessed - common);
  }
  return result;
}

double ConfusionMatrix::mean_iou() const {
  double sum = 0, present = 0;
  for (const auto& one : iou()) {
    if (!one) continue;
    sum += *one;
    present += 1;
  }
  return present > 0 ? sum / present : 0;
}

double ConfusionMatrix::pixel_accuracy() const {
  std::int64_t right = 0, all = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    all += counts_[i];
    if (i / 256 == i % 256) right += counts_[i];
  }
  return all > 0 ? static_cast<double>(right) / static_cast<double>(all) : 0;
}

}  // namespace banoff
