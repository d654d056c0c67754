// Every op, by the functions that a GPU's threads run, against PyTorch's results in float64.
#include <doctest/doctest.h>

#include <fmt/ranges.h>

#include "kernels/gpu/gpu.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/gpu/op_cases_in.hpp"
#include "tests/gpu/staged_device.hpp"
#include "tests/op_cases/check_device.hpp"
#include "tests/op_cases/nan_cases.hpp"

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

/// Whether the device has no kernel for an op, in any form: constants, which the planner computes, and what ONNX
/// networks compute beside their images.
bool is_left_out(const Op& op) {
  return std::visit(
      []<class T>(const T&) {
        return one_of<T, Constant, Anchors, TopK, Cumulate, GatherNd, ScatterElements, ScatterNd, SelectBoxes,
                      MaxPoolIndices, GridSample, RoiAlignBatch, Recurrent>;
      },
      op);
}

/// Cases on floats that should have been computed and were not.
std::vector<std::string> missing(const test::DeviceReport& report) {
  std::vector<std::string> names;
  for (const auto& op_case : test::load_op_cases()) {
    const bool floats = std::ranges::all_of(
        op_case.graph.inputs, [](const GraphInput& in) { return in.dtype == DType::f32 || in.dtype == DType::f64; });
    if (floats && !is_left_out(op_case.graph.nodes[0].op) && !report.computed.contains(op_case.name))
      names.push_back(op_case.name);
  }
  return names;
}

}  // namespace

TEST_CASE("the gpu device passes the table of op cases in fp32") {
  const auto report = check(Precision::fp32, 5e-6);
  tell(report);
  CHECK(report.renamed == std::set<std::string>{"library", "product"});  // which settles on one of its ways
  CHECK(missing(report) == std::vector<std::string>{});
  for (const auto& [reason, cases] : report.refusals) MESSAGE(fmt::format("{}: {}", reason, cases.size()));
}

TEST_CASE("the gpu device keeps a NaN in every maximum, minimum and place of one") {
  const std::shared_ptr<const Device> device =
      gpu::device(std::make_shared<test::HostBackend>(test::HostOptions{}), {Precision::fp32, 4096, {}, true});
  const auto report = test::check_device(*test::staged(device), test::nan_cases(), 0);
  CHECK_MESSAGE(report.failures.empty(), fmt::format("{}", fmt::join(report.failures, "\n")));
  for (const char* name : {"pool", "max", "min", "arg_reduce"}) CHECK(report.implementations.contains(name));
}

TEST_CASE("the gpu device passes the table of op cases without the library") {
  const auto report = check(Precision::fp32, 5e-6, {.library = false, .half = true, .ways = {}, .workspace = 0});
  CHECK(missing(report) == std::vector<std::string>{});
}

TEST_CASE("the gpu device passes the table of op cases in 16 bits") {
  tell(check(Precision::fp16, 1e-2));
  tell(check(Precision::bf16, 5e-2));
}
