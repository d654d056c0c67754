// Weights rounded by what their errors together do to the layer's output, not each to its nearest number.
#pragma once

#include "runtime/compress/quantize/layers.hpp"

namespace banoff::quantize {

/// Symmetric and positive semidefinite, [size][size] row by row.
struct Covariance {
  std::size_t size = 0;
  std::vector<double> values;
  [[nodiscard]] double at(std::size_t row, std::size_t column) const { return values[row * size + column]; }
};

/// e^T C e of the errors e = weights - numbers, in steps of the grid: the variance that they add to the output.
[[nodiscard]] double error_of(const Covariance& covariance, std::span<const double> weights,
                              std::span<const std::int8_t> numbers);

/// Rounds the weights of outputs that have one covariance C.
class Rounder {
 public:
  explicit Rounder(Covariance covariance);
  /// Numbers within +-127, [outputs][size] as the weights, each output's error at most that of the nearest ones, and
  /// mostly a fraction. From the last weight to the first each is rounded after taking up the errors of those before it
  /// (nearest plane; as in optimal brain compression and GPTQ, Frantar et al. 2022, arXiv:2208.11580 and 2210.17323),
  /// then one number after another is set to its best beside the others, until none changes.
  [[nodiscard]] std::vector<std::int8_t> rounded(std::span<const double> weights) const;

 private:
  Covariance covariance_;
  std::vector<double> factor_;  ///< R of C = R^T R, upper triangular
};

}  // namespace banoff::quantize
