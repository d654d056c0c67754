#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "kernels/cuda/cuda.hpp"
#include "kernels/gpu/gpu.hpp"
#include "runtime/core/fail.hpp"
#include "tests/gpu/check/checks.hpp"
#include "tests/gpu/check/without_library.hpp"
#include "tests/gpu/op_cases_in.hpp"
#include "tests/gpu/staged_device.hpp"
#include "tests/op_cases/check_device.hpp"

namespace banoff::check {

namespace {

/// Largest error relative to a case's magnitude.
double bound_of(Precision precision) {
  switch (precision) {
    case Precision::fp32: return 1e-5;
    case Precision::tf32: return 5e-3;
    case Precision::fp16: return 1e-2;
    case Precision::bf16: return 5e-2;
    case Precision::int8: break;  // no GPU's
  }
  return 0;
}

/// After some errors nothing works any more in this process.
bool is_lost(const gpu::Backend& backend) {
  try {
    backend.make_queue()->require_usable();
    return false;
  } catch (const Error&) {
    return true;
  }
}

[[noreturn]] void start_anew(const Arguments& arguments) {
  std::vector<std::string> words = arguments.all();
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  (void)std::fflush(nullptr);
  ::execv("/proc/self/exe", pointers.data());
  fail_internal("the program cannot be started anew");
}

Json json_of(const test::DeviceReport& report) {
  Json json{{"computed", !report.computed.empty()}, {"error", report.worst_error}, {"kernels", report.implementations}};
  if (!report.failures.empty()) json["failures"] = report.failures;
  for (const auto& [reason, labels] : report.refusals) json["refused"].push_back(reason);
  return json;
}

void summarize(const Log& log, Precision precision) {
  int cases = 0, computed = 0;
  double worst = 0;
  for (const auto& [key, result] : log.results()) {
    if (!key.starts_with(name_of(precision))) continue;
    ++cases;
    if (!result.value("computed", false)) continue;
    ++computed;
    worst = std::max(worst, result.value("error", 0.0));
  }
  fmt::print("{}: {} cases, {} computed, worst error {:.2g}\n", name_of(precision), cases, computed, worst);
}

}  // namespace

int ops(const Arguments& arguments, Log& log) {
  const bool own = arguments.text("kernels", "all") == "own";
  const bool tune = arguments.text("tune", "no") == "yes";
  const std::string wanted = arguments.text("cases", "");
  const std::vector<Precision> precisions = arguments.precisions("fp32,tf32,fp16,bf16");
  arguments.all_known();
  auto backend = cuda::backend();
  if (own) backend = without_library(backend);
  for (const Precision precision : precisions) {
    gpu::Options options;
    options.precision = precision;
    options.tune = tune;
    const std::shared_ptr<const Device> device = gpu::device(backend, options);
    const auto staged = test::staged(device);
    for (const test::OpCase& op_case : test::op_cases_in(precision)) {
      const std::string key = fmt::format("{} {}", name_of(precision), op_case.name);
      if (op_case.name.find(wanted) == std::string::npos || log.has(key)) continue;
      log.begin(key);
      const test::DeviceReport report = test::check_device(*staged, {op_case}, bound_of(precision));
      log.end(key, json_of(report));
      if (report.threw && is_lost(*backend)) {
        fmt::print("{}: the device is lost; starting anew behind it\n", key);
        start_anew(arguments);
      }
    }
    summarize(log, precision);
  }
  return log.verdict();
}

}  // namespace banoff::check
