#include <doctest/doctest.h>

#include "bench/table/quantity.hpp"
#include "tests/bench/synthetic.hpp"

using namespace banoff;
using namespace banoff::bench;

namespace {
Measured of(const std::string& quantity, Method method, const Cell& cell) {
  const auto value = measured({"c", "c", quantity, method, ""}, cell);
  REQUIRE(value);
  return *value;
}
}  // namespace

TEST_CASE("speed-up is the share of the unfolded time that is saved") {
  const Cell cell = synthetic_cell();
  CHECK(of("speedup", Method::naive, cell).value == doctest::Approx(20));
  CHECK(of("speedup", Method::banoff, cell).value == doctest::Approx(40));
  CHECK(of("gain", Method::banoff, cell).value == doctest::Approx(20));
  CHECK(of("ratio", Method::banoff, cell).value == doctest::Approx(10.0 / 6));
  CHECK(of("saved_ms", Method::naive, cell).value == doctest::Approx(2));
  CHECK(of("saved_us_per_norm", Method::naive, cell).value == doctest::Approx(1000));
  CHECK(saved_percent(*fused_baseline(cell), *find_result(cell, Method::banoff))->value == doctest::Approx(100.0 / 3));
}

TEST_CASE("an effect is noisy when the spread of the times is wider than it") {
  CHECK_FALSE(of("speedup", Method::banoff, synthetic_cell(0.1)).noisy);
  const Measured lost = of("speedup", Method::naive, synthetic_cell(1.5));
  CHECK(lost.noisy);
  CHECK(*lost.low < 0);
  CHECK(*lost.high > 20);
}

TEST_CASE("parameters are counted by the paper's rule and by what there is") {
  const Cell cell = synthetic_cell();
  CHECK(of("norm_percent", Method::banoff, cell).value == 12.5);
  CHECK(of("removed_parameters", Method::banoff, cell).value == 70);
  CHECK(of("parameters_before", Method::banoff, cell).value == 950);
  CHECK(of("folded", Method::naive, cell).value == 2);
  CHECK(of("left", Method::naive, cell).value == 2);
  CHECK(of("max_abs_error", Method::naive, cell).value == 2e-6);
  CHECK(of("kernels", Method::naive, cell).value == 5);
  CHECK(of("megabytes_moved", Method::naive, cell).value == doctest::Approx(2));
}

TEST_CASE("a column of another device has no measurement, and neither has one without times") {
  Cell cell = synthetic_cell();
  CHECK_FALSE(measured({"c", "c", "speedup", Method::banoff, "gpu"}, cell));
  for (Result& row : cell.results) row.medians.clear();
  CHECK_FALSE(measured({"c", "c", "speedup", Method::banoff, "cpu"}, cell));
  CHECK(measured({"c", "c", "folded", Method::banoff, "cpu"}, cell));
}

TEST_CASE("the interval of the median is no narrower than the repetitions lie apart") {
  // Within each repetition the times agree; the repetitions do not.
  const Summary s = summarize({{1, 1, 1}, {2, 2, 2}, {3, 3, 3}}, {});
  CHECK(s.low95 == doctest::Approx(1).epsilon(0.1));
  CHECK(s.high95 == doctest::Approx(3).epsilon(0.1));
}
