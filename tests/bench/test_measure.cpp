#include <doctest/doctest.h>

#include <cmath>

#include "bench/measure/measure.hpp"
#include "bench/measure/statistics.hpp"

using namespace banoff::bench;

TEST_CASE("quantiles interpolate between samples") {
  const std::vector<double> sorted{1, 2, 3, 4};
  CHECK(quantile(sorted, 0) == 1);
  CHECK(quantile(sorted, 0.5) == 2.5);
  CHECK(quantile(sorted, 1) == 4);
}

TEST_CASE("the spread is that of the repetitions' medians") {
  const std::vector<double> percents{50, 99.9};
  const Summary s = summarize({{1, 1, 100}, {3, 3, 3}}, percents);
  CHECK(s.median == 3);
  CHECK(s.min == 1);
  CHECK(s.max == 100);
  CHECK(s.cv == doctest::Approx(std::sqrt(2.0) / 2));
  CHECK(s.percentiles[0] == 3);
  CHECK(std::isnan(s.percentiles[1]));
}

TEST_CASE("subjects are timed in interleaved repetitions") {
  std::vector<int> order;
  const std::vector<Subject> subjects{{"a", [&] { order.push_back(0); }}, {"b", [&] { order.push_back(1); }}};
  double share = 0;
  const auto samples = measure(subjects, {0, 0, 10, 20}, {}, [&](double done) { share = done; });
  REQUIRE(samples.size() == 2);
  CHECK(samples[0].size() == 20);
  CHECK(samples[1][0].size() >= 1);
  CHECK(share == doctest::Approx(1));
  std::size_t changes = 0;
  for (std::size_t i = 1; i < order.size(); ++i) changes += order[i] != order[i - 1] ? 1 : 0;
  CHECK(changes > 2);  // not all of one and then all of the other
}
