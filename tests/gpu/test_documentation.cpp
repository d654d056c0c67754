// docs/gpu.md says what runs in which precision, and it holds.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <sstream>

#include "banoff/error.hpp"
#include "kernels/gpu/gpu.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/op_cases/op_cases.hpp"
#include "tests/source_dir.hpp"

using namespace banoff;

namespace {

constexpr std::array precisions{Precision::fp32, Precision::tf32, Precision::fp16, Precision::bf16};

std::string text_of(const std::string& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// The kernels a case compiles to, without what depends on its sizes; empty where it is refused.
std::string kernel_of(const test::OpCase& op_case, const Device& device) {
  try {
    const auto plan = banoff::compile(op_case.graph, std::shared_ptr<const Device>(&device, [](const Device*) {}), {});
    for (const Step& step : plan->steps) {
      if (step.nodes.empty()) continue;
      const std::string name = step.kernel->implementation();
      if (name.starts_with("product:")) return "cuBLASLt";
      return name.find("host") == std::string::npos ? name : "cuDNN";
    }
    return "no kernel";
  } catch (const Error& error) {
    REQUIRE(error.kind() == ErrorKind::refused);
    return "";
  }
}

/// One row per op: its kernels, and in which precisions each of its cases runs.
std::string table() {
  struct Row {
    std::set<std::string> kernels;
    std::array<int, 4> refused{};
    int cases = 0;
  };
  std::map<std::string, Row> rows;
  const auto backend = std::make_shared<const test::HostBackend>();
  for (std::size_t p = 0; p < precisions.size(); ++p) {
    const auto device = gpu::device(backend, {precisions[p], 4096, {}, false, true});
    for (const test::OpCase& op_case : test::load_op_cases()) {
      Row& row = rows[std::string(row_of(op_case.graph.nodes[0].op).name)];
      if (p == 0) ++row.cases;
      const std::string kernel = kernel_of(op_case, *device);
      if (kernel.empty()) ++row.refused[p];
      else row.kernels.insert(kernel);
    }
  }
  std::string text = "| op | kernels | fp32 | tf32 | fp16 | bf16 |\n|---|---|---|---|---|---|\n";
  for (const auto& [name, row] : rows) {
    std::string kernels;
    for (const std::string& kernel : row.kernels) kernels += (kernels.empty() ? "" : ", ") + kernel;
    text += fmt::format("| `{}` | {} |", name, kernels);
    for (const int refused : row.refused) text += refused == 0 ? " yes |" : refused == row.cases ? " no |" : " some |";
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("docs/gpu.md has the table of ops and precisions as it is") {
  const std::string text = text_of(banoff::test::source_dir().string() + "/docs/gpu.md");
  const std::string begin = "<!-- ops: begin -->\n", end = "<!-- ops: end -->";
  const std::size_t from = text.find(begin) + begin.size();
  REQUIRE(text.find(end) >= from);
  const std::string expected = table();
  CHECK_MESSAGE(text.substr(from, text.find(end) - from) == expected, "the table should be:\n" << expected);
}
