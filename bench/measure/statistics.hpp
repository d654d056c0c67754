// What is reported of a series of timings.
#pragma once

#include <span>
#include <vector>

namespace banoff::bench {

/// The q-quantile (0..1) of sorted samples, interpolated between neighbours. Samples must not be empty.
[[nodiscard]] double quantile(std::span<const double> sorted, double q);

struct Summary {
  double median = 0, mean = 0, min = 0, max = 0, p90 = 0;
  double cv = 0;  ///< standard deviation / mean, of the repetitions' medians
  /// Distribution-free 95 % interval of the median: of all samples and of the repetitions' medians, the wider bounds.
  double low95 = 0, high95 = 0;
  std::vector<double> percentiles;  ///< as asked; NaN where there are too few samples to tell
};

/// `repetitions` are groups of samples taken at different times: their medians' spread is the noise of the machine.
[[nodiscard]] Summary summarize(const std::vector<std::vector<double>>& repetitions, std::span<const double> percents);

}  // namespace banoff::bench
