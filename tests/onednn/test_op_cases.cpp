#include <doctest/doctest.h>

#include <fmt/ranges.h>

#include <set>

#include "kernels/cpu/cpu.hpp"
#include "tests/op_cases/check_device.hpp"
#include "tests/op_cases/nan_cases.hpp"

using namespace banoff;

namespace {
// Sums of a few hundred products in another order than the expected values' float64.
constexpr double tolerance = 5e-6;
}  // namespace

TEST_CASE("the CPU device passes the table of op cases in every layout it offers") {
  const auto cases = test::load_op_cases();
  auto report = test::check_device(*cpu::device({.threads = 2, .implementations = 8}), cases, tolerance);
  CHECK_MESSAGE(report.failures.empty(), fmt::format("{}", fmt::join(report.failures, "\n")));
  CHECK(report.uncovered(cases) == std::vector<std::string>{});
  CHECK(report.overwriting["loop:pointwise"] > 0);
  CHECK(report.renamed.empty());
  for (const auto& [name, count] : report.implementations) MESSAGE(fmt::format("{:5} {}", count, name));
}

TEST_CASE("the CPU device keeps a NaN in every maximum, minimum and place of one") {
  const auto cases = test::nan_cases();
  const auto report = test::check_device(*cpu::device({.threads = 2}), cases, 0);
  CHECK_MESSAGE(report.failures.empty(), fmt::format("{}", fmt::join(report.failures, "\n")));
  CHECK(report.uncovered(cases) == std::vector<std::string>{});
  CHECK(report.implementations.contains("loop:max_pool"));
  CHECK(report.implementations.contains("loop:global_max_pool"));
}

TEST_CASE("the ops that the CPU leaves to the reference's plain loops are these") {
  const auto cases = test::load_op_cases();
  const auto report = test::check_device(*cpu::device({.threads = 1}), cases, tolerance, false);
  std::set<std::string> own, left;
  for (const auto& op_case : cases) {
    const std::string op(row_of(op_case.graph.nodes[0].op).name);
    (report.computed.contains(op_case.name) ? own : left).insert(op);
  }
  for (const std::string& op : own) left.erase(op);
  CHECK(fmt::format("{}", fmt::join(left, " ")) ==
        "abs acos acosh anchors arg_max arg_min asin asinh atan atanh cast ceil constant cos cosh cumulative_prod "
        "cumulative_sum equal erf exp expand floor fmod gather gather_elements gather_nd grid_sample less "
        "less_equal log lrn max max_pool_indices min mod neg not pow reciprocal reduce_max reduce_min reduce_prod "
        "reduce_sum roi_align_batch round scatter_elements scatter_nd select_boxes sign sin sinh sqrt tan top_k "
        "where");
}
