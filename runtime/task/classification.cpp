#include "banoff/task/classification.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/core/fail.hpp"
#include "runtime/task/check_outputs.hpp"

namespace banoff {

std::vector<double> softmax(std::span<const double> logits) {
  std::vector<double> result(logits.begin(), logits.end());
  if (result.empty()) return result;
  const double largest = *std::ranges::max_element(result);
  double sum = 0;
  for (double& value : result) sum += value = std::exp(value - largest);
  for (double& value : result) value /= sum;
  return result;
}

std::string label_of(const Task& task, std::int64_t index) {
  const bool known = index >= 0 && index < std::ssize(task.labels);
  return known ? task.labels[static_cast<std::size_t>(index)] : std::to_string(index);
}

void check_scores(const Shape& shape, const Task& task) {
  if (task.labels.empty() || std::ssize(task.labels) == shape.elements()) return;
  fail_input("classification: the output {} has {} scores, the task {} labels", shape.str(), shape.elements(),
             task.labels.size());
}

std::vector<Ranked> classify(const Tensor& output, const Task& task) {
  check_scores(output.shape(), task);
  std::vector<double> scores = output.to_vector<double>();
  if (task.softmax) scores = softmax(scores);
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  // NaN ranks last, so that the order stays a strict one.
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    const double x = scores[static_cast<std::size_t>(a)], y = scores[static_cast<std::size_t>(b)];
    return std::isnan(y) ? !std::isnan(x) : x > y;
  });
  order.resize(std::min(order.size(), static_cast<std::size_t>(std::max<std::int64_t>(task.top, 1))));
  std::vector<Ranked> best;
  for (const std::int64_t index : order) {
    best.push_back({index, label_of(task, index), scores[static_cast<std::size_t>(index)]});
  }
  return best;
}

}  // namespace banoff
