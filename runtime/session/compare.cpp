#include <algorithm>
#include <cmath>

#include "banoff/model.hpp"
#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

OutputError error_of(const std::string& name, const Tensor& expected, const Tensor& actual) {
  if (expected.shape() != actual.shape()) {
    fail(ErrorKind::check_failed, "output '{}' is {}, expected {}", name, actual.shape().str(), expected.shape().str());
  }
  const std::vector<double> want = expected.to_vector<double>();
  const std::vector<double> have = actual.to_vector<double>();
  OutputError error{name};
  double largest = 0;
  double sum = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    // A value that is no number on one side only is an error without bound, not one that comparisons overlook.
    const bool same = want[i] == have[i] || (std::isnan(want[i]) && std::isnan(have[i]));
    const double difference = same ? 0 : std::abs(want[i] - have[i]);
    error.max_abs_error = std::max(error.max_abs_error, std::isnan(difference) ? HUGE_VAL : difference);
    if (std::isfinite(want[i])) largest = std::max(largest, std::abs(want[i]));
    sum += difference;
  }
  error.mean_abs_error = want.empty() ? 0 : sum / static_cast<double>(want.size());
  error.max_relative_error = error.max_abs_error == 0 ? 0 : error.max_abs_error / largest;
  return error;
}

}  // namespace

std::vector<OutputError> compare(const Tensors& expected, const Tensors& actual) {
  if (expected.size() != actual.size()) {
    fail(ErrorKind::check_failed, "{} outputs, expected {}", actual.size(), expected.size());
  }
  std::vector<OutputError> errors;
  for (const auto& [name, tensor] : expected) {
    const auto found = actual.find(name);
    if (found == actual.end()) fail(ErrorKind::check_failed, "output '{}' is missing", name);
    errors.push_back(error_of(name, tensor, found->second));
  }
  return errors;
}

}  // namespace banoff
