#include "runtime/compress/quantize/rounding.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace banoff::quantize {

namespace {

std::int8_t number_at(double weight) {
  constexpr double most = most_weight;
  return static_cast<std::int8_t>(std::clamp(std::nearbyint(weight), -most, most));
}

/// A row whose input never varies beside the others' is 0.
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

/// One number of each of several outputs, side by side so that sums over weights are vectors.
constexpr std::size_t side_by_side = 16;
using Lanes = std::array<double, side_by_side>;

/// Sum of row[j] errors[j] for j from `begin` on.
Lanes weighted(std::span<const double> row, const std::vector<Lanes>& errors, std::size_t begin) {
  Lanes sum{};
  for (std::size_t j = begin; j < row.size(); ++j) {
    const double factor = row[j];
    for (std::size_t o = 0; o < side_by_side; ++o) sum[o] += factor * errors[j][o];
  }
  return sum;
}

/// The errors that are left, in steps.
std::vector<Lanes> nearest_errors(const std::vector<Lanes>& weights) {
  std::vector<Lanes> errors(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    for (std::size_t o = 0; o < side_by_side; ++o) errors[i][o] = weights[i][o] - number_at(weights[i][o]);
  }
  return errors;
}

std::vector<Lanes> nearest_plane_errors(std::span<const double> r, const std::vector<Lanes>& weights) {
  const std::size_t n = weights.size();
  std::vector<Lanes> errors(n);
  for (std::size_t i = n; i-- > 0;) {
    const std::span<const double> row = r.subspan(i * n, n);
    const Lanes taken_up = weighted(row, errors, i + 1);
    for (std::size_t o = 0; o < side_by_side; ++o) {
      const double wanted = row[i] > 0 ? weights[i][o] + taken_up[o] / row[i] : weights[i][o];
      errors[i][o] = weights[i][o] - number_at(wanted);
    }
  }
  return errors;
}

/// C e.
std::vector<Lanes> slopes_of(const Covariance& c, const std::vector<Lanes>& errors) {
  std::vector<Lanes> slopes;
  for (std::size_t i = 0; i < c.size; ++i)
    slopes.push_back(weighted(std::span(c.values).subspan(i * c.size, c.size), errors, 0));
  return slopes;
}

/// e^T C e.
Lanes size_of(const std::vector<Lanes>& errors, const std::vector<Lanes>& slopes) {
  Lanes sum{};
  for (std::size_t i = 0; i < errors.size(); ++i) {
    for (std::size_t o = 0; o < side_by_side; ++o) sum[o] += errors[i][o] * slopes[i][o];
  }
  return sum;
}

/// Sets each number of one output to its best beside the others, given C e.
void improve(const Covariance& c, std::vector<double>& slope, std::span<std::int8_t> numbers) {
  constexpr int most_sweeps = 8;
  constexpr double least_gain = 1e-9;
  const std::size_t n = c.size;
  bool changed = true;
  for (int sweep = 0; changed && sweep < most_sweeps; ++sweep) {
    changed = false;
    for (std::size_t i = 0; i < n; ++i) {
      const double own = c.at(i, i);
      if (own <= 0) continue;
      const std::int8_t best = number_at(numbers[i] + slope[i] / own);
      const double step = static_cast<double>(best) - numbers[i];
      const double gain = step * (2 * slope[i] - step * own);
      if (step == 0 || gain <= least_gain * own) continue;
      const double* const row = &c.values[i * n];
      for (std::size_t j = 0; j < n; ++j) slope[j] -= step * row[j];
      numbers[i] = best;
      changed = true;
    }
  }
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

Rounder::Rounder(Covariance covariance) : covariance_(std::move(covariance)), factor_(cholesky(covariance_)) {}

std::vector<std::int8_t> Rounder::rounded(std::span<const double> weights) const {
  const std::size_t n = covariance_.size, outputs = weights.size() / n;
  std::vector<std::int8_t> numbers(weights.size());
  std::vector<double> slope(n);
  for (std::size_t first = 0; first < outputs; first += side_by_side) {
    const std::size_t count = std::min(side_by_side, outputs - first);
    std::vector<Lanes> wanted(n, Lanes{});
    for (std::size_t o = 0; o < count; ++o) {
      for (std::size_t i = 0; i < n; ++i) wanted[i][o] = weights[(first + o) * n + i];
    }
    const std::vector<Lanes> nearest = nearest_errors(wanted), plane = nearest_plane_errors(factor_, wanted);
    const std::vector<Lanes> nearest_slopes = slopes_of(covariance_, nearest),
                             plane_slopes = slopes_of(covariance_, plane);
    const Lanes by_nearest = size_of(nearest, nearest_slopes), by_plane = size_of(plane, plane_slopes);
    for (std::size_t o = 0; o < count; ++o) {
      const bool better = by_plane[o] <= by_nearest[o];
      const std::vector<Lanes>&errors = better ? plane : nearest, &slopes = better ? plane_slopes : nearest_slopes;
      const std::span<std::int8_t> row = std::span(numbers).subspan((first + o) * n, n);
      for (std::size_t i = 0; i < n; ++i) {
        row[i] = number_at(wanted[i][o] - errors[i][o]);
        slope[i] = slopes[i][o];
      }
      improve(covariance_, slope, row);
    }
  }
  return numbers;
}

}  // namespace banoff::quantize
