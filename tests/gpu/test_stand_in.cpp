// What must hold where there is a GPU, with the host in its place: whoever forks has not started it, its names are
// numbered, and what one case of a check breaks is not the end of the others.
#include <doctest/doctest.h>

#include <sys/wait.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "kernels/cuda/cuda.hpp"
#include "kernels/gpu/gpu.hpp"
#include "runtime/session/contents.hpp"
#include "tests/bench/tiny_table.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/gpu/staged_device.hpp"
#include "tests/op_cases/check_device.hpp"

using namespace banoff;

namespace {

std::string refusal(const std::string& device) {
  DeviceOptions options;
  options.name = device;
  try {
    (void)make_device(options);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

test::DeviceReport check(test::HostOptions options, const std::vector<test::OpCase>& cases) {
  const std::shared_ptr<const Device> device =
      gpu::device(std::make_shared<test::HostBackend>(options), {Precision::fp32, 4096, {}, false});
  return test::check_device(*test::staged(device), cases, 1e-5);
}

struct Outcome {
  int code = 0;                      ///< negative: the signal that ended it
  std::map<std::string, int> ended;  ///< by case: how many results
  std::vector<std::string> failures;
};

/// The check of a few ops in a process of its own, with something going wrong.
Outcome run_ops(const std::string& log, const std::string& fault) {
  const std::string command = "BANOFF_STAND_IN_FAULT=" + fault + " exec " + BANOFF_CHECK_GPU +
                              " ops --precisions fp32,fp16 --cases pool --log " + log + " >/dev/null";
  const int status = std::system(command.c_str());
  Outcome outcome;
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::ifstream stream(log);
  for (std::string line; std::getline(stream, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_discarded() || json.contains("begun")) continue;
    ++outcome.ended[json.at("key")];
    const auto failures = json.value("failures", std::vector<std::string>());
    outcome.failures.insert(outcome.failures.end(), failures.begin(), failures.end());
  }
  return outcome;
}

bool once_each(const Outcome& outcome) {
  return std::ranges::all_of(outcome.ended, [](const auto& each) { return each.second == 1; });
}

}  // namespace

// First of all: it must run before anything in this process has asked for a GPU.
TEST_CASE("a table's cells are measured on a GPU by forked children") {
  bench::TinyTable tiny;
  tiny.options.devices = {"cpu", "gpu", "gpu:1-fp16", "gpu:2"};
  const bench::Report report = bench::run_tables(tiny.options, bench::deaf);
  const auto& cells = report.tables.at(0).rows.at(0).cells;
  REQUIRE(cells.size() == 4);
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(cells[i].device);
    CHECK(cells[i].not_measured == "");
    REQUIRE(!cells[i].results.empty());
    CHECK((cells[i].results[0].peak_rss_kb > 0) == (cells[i].device == "cpu"));
  }
  CHECK(cells[3].not_measured.starts_with("no device 'gpu:2' here: "));
  CHECK(report.machine.gpu == cuda::availability().text);
  // Now that the GPU is started here, nobody else gets it: the test above can fail.
  tiny.options.devices = {"gpu"};
  CHECK_THROWS_WITH_AS((void)bench::run_tables(tiny.options, bench::deaf), doctest::Contains("CUDA does not start"),
                       Error);
}

TEST_CASE("GPUs are numbered, and a number beyond them is refused with how many there are") {
  const std::vector<std::string> names = device_names();
  for (const char* name :
       {"gpu", "gpu-tf32", "gpu-fp16", "gpu-bf16", "gpu:1", "gpu:1-tf32", "gpu:1-fp16", "gpu:1-bf16"}) {
    CAPTURE(name);
    CHECK(std::ranges::count(names, name) == 1);
    CHECK(has_device(name));
    CHECK(refusal(name) == "");
  }
  CHECK(std::ranges::count(names, "gpu:2") == 0);
  CHECK(has_device("gpu:0"));
  CHECK(has_device("gpu:0-bf16"));
  CHECK_FALSE(has_device("gpu:2"));
  CHECK(refusal("gpu:2") == "no gpu:2: this machine has 2 GPUs (gpu:0 to gpu:1)");
  CHECK(refusal("gpu:7-fp16") == "no gpu:7: this machine has 2 GPUs (gpu:0 to gpu:1)");
  for (const char* name : {"gpu:", "gpu:x", "gpu:-1", "gpu:1x", "gpu1", "gpu:1-", "gpu-fp32x", "gpu:99999999999"}) {
    CAPTURE(name);
    CHECK_FALSE(has_device(name));
    CHECK(refusal(name).starts_with("unknown device '" + std::string(name) + "'"));
  }
}

TEST_CASE("an exception in a case is that case's failure alone") {
  std::vector<test::OpCase> cases = test::load_op_cases();
  cases.resize(20);
  const test::DeviceReport whole = check({}, cases);
  REQUIRE(whole.failures.empty());
  const test::DeviceReport broken = check({.fault = test::Fault::error, .fault_at = 5}, cases);
  CHECK(broken.threw);
  REQUIRE(broken.failures.size() == 1);
  CHECK(broken.failures[0].ends_with("throws: launch: invalid argument"));
  CHECK(broken.computed == whole.computed);
  const test::DeviceReport lost = check({.fault = test::Fault::lost, .fault_at = 5}, cases);
  CHECK(lost.threw);
  CHECK(lost.failures.size() > 1);
}

TEST_CASE("a lost device is the failure of its case; the check goes on in a new process") {
  const TemporaryFolder folder;
  const Outcome whole = run_ops((folder / "whole").string(), "none:0");
  CHECK(whole.code == 0);
  CHECK(whole.failures.empty());
  REQUIRE(whole.ended.size() > 10);
  const Outcome lost = run_ops((folder / "lost").string(), "lost:100");
  CHECK(lost.code == 1);
  CHECK(!lost.failures.empty());
  CHECK(lost.ended.size() == whole.ended.size());
  CHECK(once_each(lost));
}

TEST_CASE("a check whose process ended goes on behind the case that it ended in") {
  const TemporaryFolder folder;
  const std::string log = (folder / "log").string();
  const Outcome crashed = run_ops(log, "crash:100");
  CHECK(crashed.code == -1);
  const std::size_t before = crashed.ended.size();
  CHECK(crashed.failures.empty());
  // The end of a process may cut a line short.
  std::ofstream(log, std::ios::app) << "{\"key\": \"fp32 po";
  const Outcome rest = run_ops(log, "none:0");
  CHECK(rest.code == 1);
  CHECK(rest.failures.size() == 1);
  CHECK(rest.failures.at(0).ends_with("the process ended while it ran"));
  CHECK(rest.ended.size() > before);
  CHECK(once_each(rest));
}
