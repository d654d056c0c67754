#include "runtime/compress/quantize/distance.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

Squares squares_of(const Tensor& expected, const Tensor& actual) {
  const Tensor a = expected.as(DType::f32), b = actual.as(DType::f32);
  const std::span<const float> x = a.values<float>(), y = b.values<float>();
  double mean = 0;
  for (const float value : x) mean += static_cast<double>(value) / static_cast<double>(x.size());
  Squares result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double away = static_cast<double>(x[i]) - static_cast<double>(y[i]);
    const double around = static_cast<double>(x[i]) - mean;
    result.difference += away * away;
    result.size += around * around;
  }
  return result;
}

namespace {

std::ptrdiff_t place_of_largest(const Tensor& tensor) {
  const std::span<const float> values = tensor.values<float>();
  return std::ranges::max_element(values) - values.begin();
}

}  // namespace

QuantizeError error_between(const std::vector<Values>& expected, const std::vector<Values>& actual) {
  QuantizeError error;
  error.inputs = actual.size();
  Squares all;
  std::size_t same = 0;
  for (std::size_t s = 0; s < actual.size(); ++s) {
    for (std::size_t e = 0; e < actual[s].size(); ++e) {
      const Squares one = squares_of(expected[s][e], actual[s][e]);
      all.difference += one.difference, all.size += one.size;
    }
    if (!actual[s].empty() && place_of_largest(expected[s][0]) == place_of_largest(actual[s][0])) ++same;
  }
  if (all.size > 0) error.relative = std::sqrt(all.difference / all.size);
  if (!actual.empty()) error.agreement = static_cast<double>(same) / static_cast<double>(actual.size());
  return error;
}

}  // namespace banoff::quantize
