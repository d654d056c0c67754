#include "bench/measure/paired.hpp"

#include <algorithm>
#include <cmath>

#include "bench/measure/statistics.hpp"

namespace banoff::bench {

namespace {

/// The number of Walsh averages to leave out at each end: the largest k with P(W < k) <= 2.5 %, W being the sum of
/// those of the ranks 1..n that a coin each chooses.
std::size_t averages_outside(std::size_t n) {
  constexpr double tail = 0.025;
  std::vector<double> chance(n * (n + 1) / 2 + 1);  // of each sum
  chance[0] = 1;
  std::size_t largest = 0;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    largest += rank;
    for (std::size_t sum = largest + 1; sum-- > 0;)
      chance[sum] = (chance[sum] + (sum >= rank ? chance[sum - rank] : 0)) / 2;
  }
  std::size_t k = 0;
  for (double below = chance[0]; below <= tail; below += chance[k]) ++k;
  return k;
}

}  // namespace

Estimate hodges_lehmann(std::span<const double> values) {
  std::vector<double> averages;
  averages.reserve(values.size() * (values.size() + 1) / 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i; j < values.size(); ++j) averages.push_back((values[i] + values[j]) / 2);
  }
  std::ranges::sort(averages);
  // k left out at each end: the k-th smallest and the k-th largest are the bounds; without any, the ends are.
  const std::size_t k = std::max<std::size_t>(averages_outside(values.size()), 1);
  return {quantile(averages, 0.5), averages[k - 1], averages[averages.size() - k]};
}

Estimate saved_percent(std::span<const Sample> from, std::span<const Sample> to, Clock clock) {
  std::vector<double> saved;
  for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i) {
    const double before = at(from[i], clock);
    saved.push_back(100 * (before - at(to[i], clock)) / before);
  }
  return hodges_lehmann(saved);
}

bool is_known(const Estimate& saved) {
  constexpr double share = 1.0 / 3, points = 0.5;
  return saved.half_width() <= std::max(points, share * std::abs(saved.value));
}

}  // namespace banoff::bench
