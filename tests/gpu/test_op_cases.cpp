// Every op, by the functions that a GPU's threads run, against PyTorch's results in float64.
#include <doctest/doctest.h>

#include <fmt/ranges.h>

#include "kernels/gpu/gpu.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/gpu/op_cases_in.hpp"
#include "tests/gpu/staged_device.hpp"
#include "tests/op_cases/check_device.hpp"

using namespace banoff;

namespace {

test::DeviceReport check(Precision precision, double tolerance, test::HostOptions options = {}) {
  std::shared_ptr<const Device> device =
      gpu::device(std::make_shared<test::HostBackend>(options), {precision, 4096, {}, true});
  const auto report = test::check_device(*test::staged(device), test::op_cases_in(precision), tolerance);
  CHECK_MESSAGE(report.failures.empty(), fmt::format("{}", fmt::join(report.failures, "\n")));
  return report;
}

void tell(const test::DeviceReport& report) {
  for (const auto& [name, count] : report.implementations) MESSAGE(fmt::format("{:5} {}", count, name));
  MESSAGE("worst error " << report.worst_error);
}

template <class T, class... Others>
constexpr bool one_of = (std::is_same_v<T, Others> || ...);

/// Ops of ops_values.hpp, which no GPU kernel computes yet.
bool is_on_values(const Op& op) {
  return std::visit(
      []<class T>(const T&) {
        return one_of<T, Unary, Compare, Pair, Where, Reduce, ArgReduce, TopK, Cumulate, Expand, Gather, GatherElements,
                      GatherNd, ScatterElements, ScatterNd, SelectBoxes, MaxPoolIndices>;
      },
      op);
}

/// Cases that the device leaves alone: constants, which the planner makes, ops on values, and integer arithmetic.
std::vector<std::string> left_alone() {
  std::vector<std::string> names;
  for (const auto& op_case : test::load_op_cases()) {
    const Op& op = op_case.graph.nodes[0].op;
    const bool constant = std::holds_alternative<Constant>(op) || std::holds_alternative<Anchors>(op);
    const bool integers = std::holds_alternative<Binary>(op) && op_case.graph.inputs[0].dtype != DType::f32;
    if (constant || integers || is_on_values(op)) names.push_back(op_case.name);
  }
  return names;
}

}  // namespace

TEST_CASE("the gpu device passes the table of op cases in fp32") {
  const auto report = check(Precision::fp32, 5e-6);
  tell(report);
  CHECK(report.uncovered(test::load_op_cases()) == left_alone());
  for (const auto& [reason, cases] : report.refusals) MESSAGE(fmt::format("{}: {}", reason, cases.size()));
}

TEST_CASE("the gpu device passes the table of op cases without the library") {
  const auto report = check(Precision::fp32, 5e-6, {.library = false, .half = true, .ways = 0, .workspace = 0});
  CHECK(report.uncovered(test::load_op_cases()) == left_alone());
}

TEST_CASE("the gpu device passes the table of op cases in 16 bits") {
  tell(check(Precision::fp16, 1e-2));
  tell(check(Precision::bf16, 5e-2));
}
