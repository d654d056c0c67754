#include "runtime/compress/quantize/rounding.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/compress/quantize/samples.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

std::int8_t number_at(double weight) {
  constexpr double most = most_weight;
  return static_cast<std::int8_t>(std::clamp(std::nearbyint(weight), -most, most));
}

/// R of C = R^T R, upper triangular. A row whose input never varies beside the others' is 0.
std::vector<double> cholesky(const Covariance& c) {
  constexpr double singular = 1e-10;
  const std::size_t n = c.size;
  std::vector<double> r(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    double* const row = &r[i * n];
    for (std::size_t j = i; j < n; ++j) row[j] = c.at(i, j);
    for (std::size_t k = 0; k < i; ++k) {
      const double* const above = &r[k * n];
      const double factor = above[i];
      for (std::size_t j = i; factor != 0 && j < n; ++j) row[j] -= factor * above[j];
    }
    if (row[i] <= singular * c.at(i, i) || row[i] <= 0) {
      std::fill(row + i, row + n, 0.0);
      continue;
    }
    const double root = std::sqrt(row[i]);
    for (std::size_t j = i; j < n; ++j) row[j] /= root;
  }
  return r;
}

std::vector<std::int8_t> nearest_plane(const std::vector<double>& r, std::span<const double> weights) {
  const std::size_t n = weights.size();
  std::vector<std::int8_t> numbers(n);
  std::vector<double> errors(n, 0.0);
  for (std::size_t i = n; i-- > 0;) {
    const double* const row = &r[i * n];
    double taken_up = 0;
    for (std::size_t j = i + 1; j < n; ++j) taken_up += row[j] * errors[j];
    numbers[i] = number_at(row[i] > 0 ? weights[i] + taken_up / row[i] : weights[i]);
    errors[i] = weights[i] - numbers[i];
  }
  return numbers;
}

void improve(const Covariance& c, std::span<const double> weights, std::vector<std::int8_t>& numbers) {
  constexpr int most_sweeps = 8;
  constexpr double least_gain = 1e-9;
  const std::size_t n = weights.size();
  std::vector<double> errors(n), slope(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) errors[i] = weights[i] - numbers[i];
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) slope[i] += c.at(i, j) * errors[j];
  }
  bool changed = true;
  for (int sweep = 0; changed && sweep < most_sweeps; ++sweep) {
    changed = false;
    for (std::size_t i = 0; i < n; ++i) {
      if (c.at(i, i) <= 0) continue;
      const std::int8_t best = number_at(numbers[i] + slope[i] / c.at(i, i));
      const double step = static_cast<double>(best) - numbers[i];
      const double gain = step * (2 * slope[i] - step * c.at(i, i));
      if (step == 0 || gain <= least_gain * c.at(i, i)) continue;
      for (std::size_t j = 0; j < n; ++j) slope[j] -= step * c.at(i, j);
      numbers[i] = best;
      changed = true;
    }
  }
}

std::vector<std::int8_t> rounded_by(const Covariance& c, const std::vector<double>& r,
                                    std::span<const double> weights) {
  std::vector<std::int8_t> nearest(weights.size());
  std::ranges::transform(weights, nearest.begin(), number_at);
  std::vector<std::int8_t> numbers = nearest_plane(r, weights);
  if (error_of(c, weights, numbers) > error_of(c, weights, nearest)) numbers = std::move(nearest);
  improve(c, weights, numbers);
  return numbers;
}

}  // namespace

double error_of(const Covariance& covariance, std::span<const double> weights, std::span<const std::int8_t> numbers) {
  const std::size_t n = weights.size();
  std::vector<double> errors(n);
  for (std::size_t i = 0; i < n; ++i) errors[i] = weights[i] - numbers[i];
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double row = 0;
    for (std::size_t j = 0; j < n; ++j) row += covariance.at(i, j) * errors[j];
    sum += errors[i] * row;
  }
  return sum;
}

std::vector<std::int8_t> rounded(const Covariance& covariance, std::span<const double> weights) {
  return rounded_by(covariance, cholesky(covariance), weights);
}

GridWeights fitted(const Graph& graph, const Node& layer, const GridWeights& nearest, const Values& inputs,
                   double input_scale) {
  constexpr std::size_t largest_block = 256;
  const std::vector<double> weights = graph.param(layer, Slot::weight)->to_vector<double>();
  const std::vector<double> scale = nearest.scale.to_vector<double>();
  std::vector<std::int8_t> numbers = nearest.numbers.to_vector<std::int8_t>();
  const Samples samples(layer, inputs);
  const std::size_t each = weights.size() / scale.size(), outputs_of_group = scale.size() / samples.groups();
  std::vector<double> wanted;
  for (std::size_t group = 0; group < samples.groups(); ++group) {
    for (std::size_t begin = 0; begin < each; begin += largest_block) {
      const std::size_t size = std::min(largest_block, each - begin);
      const Covariance covariance = samples.covariance(group, begin, size, input_scale);
      const std::vector<double> r = cholesky(covariance);
      for (std::size_t o = group * outputs_of_group; o < (group + 1) * outputs_of_group; ++o) {
        wanted.clear();
        for (std::size_t i = 0; i < size; ++i) wanted.push_back(weights[o * each + begin + i] / scale[o]);
        const std::vector<std::int8_t> best = rounded_by(covariance, r, wanted);
        std::ranges::copy(best, numbers.begin() + static_cast<std::ptrdiff_t>(o * each + begin));
      }
    }
  }
  return {Tensor::of<std::int8_t>(nearest.numbers.shape(), std::move(numbers)), nearest.scale};
}

}  // namespace banoff::quantize
