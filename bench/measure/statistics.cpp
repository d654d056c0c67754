#include "bench/measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace banoff::bench {

namespace {
double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

struct Interval {
  double low = 0, high = 0;
};

/// Distribution-free: the number of samples below the median is binomial(n, 1/2), so that ranks n/2 -+ 0.98 sqrt(n)
/// hold it with 95 %.
Interval median_interval(std::span<const double> sorted) {
  const double reach = 0.98 / std::sqrt(static_cast<double>(sorted.size()));
  return {quantile(sorted, std::max(0.0, 0.5 - reach)), quantile(sorted, std::min(1.0, 0.5 + reach))};
}
}  // namespace

double quantile(std::span<const double> sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - std::floor(at)) * (sorted[above] - sorted[below]);
}

Summary summarize(const std::vector<std::vector<double>>& repetitions, std::span<const double> percents) {
  std::vector<double> all;
  std::vector<double> medians;
  for (std::vector<double> repetition : repetitions) {
    if (repetition.empty()) continue;
    std::ranges::sort(repetition);
    medians.push_back(quantile(repetition, 0.5));
    all.insert(all.end(), repetition.begin(), repetition.end());
  }
  Summary summary;
  if (all.empty()) return summary;
  std::ranges::sort(all);
  summary.median = quantile(all, 0.5);
  summary.mean = mean_of(all);
  summary.min = all.front();
  summary.max = all.back();
  summary.p90 = quantile(all, 0.9);
  if (medians.size() > 1) {
    const double center = mean_of(medians);
    double squares = 0;
    for (const double m : medians) squares += (m - center) * (m - center);
    summary.cv = std::sqrt(squares / static_cast<double>(medians.size() - 1)) / center;
  }
  // Runs that follow each other share their circumstances, so samples alone claim too much; repetitions lie apart.
  std::ranges::sort(medians);
  const Interval samples = median_interval(all), repeated = median_interval(medians);
  summary.low95 = std::min(samples.low, repeated.low);
  summary.high95 = std::max(samples.high, repeated.high);
  const auto n = static_cast<double>(all.size());
  for (const double percent : percents) {
    // With less than one sample expected beyond it, a percentile is just the maximum by another name.
    const bool enough = n * (1 - percent / 100) >= 1;
    summary.percentiles.push_back(enough ? quantile(all, percent / 100) : std::numeric_limits<double>::quiet_NaN());
  }
  return summary;
}

}  // namespace banoff::bench
