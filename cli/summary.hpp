// A tensor in a line.
#pragma once

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options.hpp"

namespace banoff::cli {

struct Summary {
  double min = NAN, max = NAN, mean = NAN;  ///< not numbers for an empty tensor
};

[[nodiscard]] inline Summary summary_of(const Tensor& tensor) {
  const std::vector<double> values = tensor.to_vector<double>();
  if (values.empty()) return {};
  double sum = 0;
  for (const double value : values) sum += value;
  const auto [low, high] = std::ranges::minmax(values);
  return {low, high, sum / static_cast<double>(values.size())};
}

[[nodiscard]] inline Json json_of(const std::string& name, const Tensor& tensor) {
  const Summary summary = summary_of(tensor);
  return {{"name", name},
          {"shape", tensor.shape().vec()},
          {"dtype", std::string(name_of(tensor.dtype()))},
          {"min", summary.min},
          {"max", summary.max},
          {"mean", summary.mean}};
}

inline void print_summary(const std::string& name, const Tensor& tensor) {
  const Summary summary = summary_of(tensor);
  fmt::print("{}: {} {}, min {:.6g}, max {:.6g}, mean {:.6g}\n", name, tensor.shape().str(), name_of(tensor.dtype()),
             summary.min, summary.max, summary.mean);
}

}  // namespace banoff::cli
