#include <doctest/doctest.h>

#include <cmath>

#include "bench/measure/measure.hpp"
#include "bench/measure/paired.hpp"
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

TEST_CASE("the centre of differences and its exact interval") {
  // Hamilton's depression scale before and after a tranquiliser (Hollander and Wolfe, example 3.1): the estimate is
  // -0.46; of the 45 means of pairs the 6th from each end bound an interval of 96.1 %.
  const std::vector<double> differences{-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010};
  const Estimate e = hodges_lehmann(differences);
  CHECK(e.value == doctest::Approx(-0.46));
  CHECK(e.low == doctest::Approx(-0.786));
  CHECK(e.high == doctest::Approx(-0.010));
}

TEST_CASE("an interval of few values is the widest there is, and an outlier does not move the centre") {
  const Estimate few = hodges_lehmann(std::vector<double>{1, 2, 9});
  CHECK(few.low == 1);
  CHECK(few.high == 9);
  std::vector<double> values(20, 5);
  values[3] = 1000;
  const Estimate calm = hodges_lehmann(values);
  CHECK(calm.value == 5);
  CHECK(calm.low == 5);
  CHECK(calm.high == 5);
  const Estimate one = hodges_lehmann(std::vector<double>{3});
  CHECK(one.value == 3);
  CHECK(one.half_width() == 0);
}

TEST_CASE("what both suffer alike is no part of what one saves") {
  std::vector<Sample> from, to;
  for (int pass = 0; pass < 12; ++pass) {
    const double slow = 1 + 0.5 * (pass % 4);  // the machine, now and then
    from.push_back({10 * slow, 8});
    to.push_back({9 * slow, 6});
  }
  const Estimate wall = saved_percent(from, to, Clock::wall);
  CHECK(wall.value == doctest::Approx(10));
  CHECK(wall.half_width() == doctest::Approx(0));
  CHECK(saved_percent(from, to, Clock::cpu).value == doctest::Approx(25));
}

TEST_CASE("an effect is known to a third of itself, or to half a point") {
  CHECK(is_known({30, 21, 39}));
  CHECK_FALSE(is_known({30, 19, 41}));
  CHECK(is_known({0.1, -0.4, 0.6}));
}

namespace {

/// Takes what `ms` says of the how-manieth run it is, and keeps who ran in which order.
Subject made_up(int name, std::vector<int>& order, std::function<double(std::size_t)> ms) {
  return {std::to_string(name), [=, &order, count = std::size_t{0}](int runs) mutable {
            order.push_back(name);
            Block block;
            for (int i = 0; i < runs; ++i) {
              const double time = ms(count++);
              block.push_back({time, time});
            }
            return block;
          }};
}

}  // namespace

TEST_CASE("subjects run forth and back, and every pass is kept") {
  std::vector<int> order;
  const auto steady = [](std::size_t) { return 40.0; };
  const std::vector<Subject> subjects{made_up(0, order, steady), made_up(1, order, steady), made_up(2, order, steady)};
  double share = 0;
  Log log;
  const auto passes = measure(subjects, {.warmup_ms = 0, .duration_s = 0, .iterations = 8, .rounds = 2}, Clock::wall,
                              log, [&](double done) { share = done; });
  CHECK(share == 1);
  REQUIRE(passes.size() == 3);
  CHECK(passes[0].size() == 4);
  CHECK(passes[0][0].size() == 2);  // eight runs in four passes
  const std::vector<int> expected{0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0};
  REQUIRE(order.size() > expected.size());
  CHECK(std::equal(expected.begin(), expected.end(), order.end() - static_cast<std::ptrdiff_t>(expected.size())));
}

TEST_CASE("rounds go on until what is saved is known, and no longer") {
  const auto passes_of = [](std::function<double(std::size_t)> ms) {
    std::vector<int> order;
    const std::vector<Subject> subjects{made_up(0, order, [](std::size_t) { return 50.0; }),
                                        made_up(1, order, std::move(ms))};
    Log log;
    return measure(subjects, {.warmup_ms = 0, .duration_s = 3600, .iterations = 1, .rounds = 4}, Clock::cpu, log, {})
        .front()
        .size();
  };
  CHECK(passes_of([](std::size_t) { return 45.0; }) == 8);
  // Between 0 and 20 % from pass to pass.
  CHECK(passes_of([](std::size_t run) { return 40.0 + static_cast<double>(run * 7 % 11); }) > 8);
}

TEST_CASE("one subject alone runs for as long as it may") {
  std::vector<int> order;
  const std::vector<Subject> subjects{made_up(0, order, [](std::size_t) { return 30.0; })};
  Log log;
  const auto passes =
      measure(subjects, {.warmup_ms = 0, .duration_s = 3600, .iterations = 1, .rounds = 1}, Clock::cpu, log, {});
  CHECK(passes.front().size() == 200);
}
