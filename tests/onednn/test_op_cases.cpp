#include <doctest/doctest.h>

#include <fmt/ranges.h>

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

TEST_CASE("the reference computes only what is rare in a network") {
  const auto cases = test::load_op_cases();
  const auto report = test::check_device(*cpu::device({.threads = 1}), cases, tolerance, false);
  std::string left;
  for (const std::string& name : report.uncovered(cases)) left += name + " ";
  MESSAGE("computed only as a last resort: " << left);
  for (const auto& op_case : cases) {
    const Op& op = op_case.graph.nodes[0].op;
    const bool must_be_fast = std::holds_alternative<BatchNorm>(op) || std::holds_alternative<Activation>(op) ||
                              std::holds_alternative<Concat>(op) || std::holds_alternative<Pool>(op) ||
                              std::holds_alternative<GlobalPool>(op) || std::holds_alternative<AdaptiveAvgPool>(op) ||
                              std::holds_alternative<Dense>(op);
    if (!must_be_fast) continue;
    CAPTURE(op_case.name);
    CHECK(report.computed.contains(op_case.name));
  }
}
