#include <doctest/doctest.h>

#include <set>

#include <fmt/format.h>

#include "kernels/reference/reference.hpp"
#include "tests/op_cases/nan_cases.hpp"

using namespace banoff;

namespace {
constexpr double double_tolerance = 1e-12;
constexpr double float_tolerance = 2e-6;
}  // namespace

TEST_CASE("the op cases cover every op of the table") {
  std::set<std::string_view> covered;
  for (const test::OpCase& op_case : test::load_op_cases()) covered.insert(row_of(op_case.graph.nodes[0].op).name);
  for (const OpRow& row : op_table()) {
    CAPTURE(row.name);
    CHECK(covered.contains(row_of(row.prototype).name));
  }
}

TEST_CASE_TEMPLATE("every op computes what PyTorch does", T, double, float) {
  const double tolerance = std::is_same_v<T, double> ? double_tolerance : float_tolerance;
  const auto cases = test::load_op_cases();
  CHECK(cases.size() >= 150);
  for (const test::OpCase& op_case : cases) {
    CAPTURE(op_case.name);
    CHECK(test::error_of(op_case, reference::outputs<T>(op_case.graph, op_case.inputs)) <= tolerance);
  }
}

TEST_CASE_TEMPLATE("maxima, minima and their places keep a NaN", T, double, float) {
  for (const test::OpCase& op_case : test::nan_cases()) {
    CAPTURE(op_case.name);
    CHECK(test::error_of(op_case, reference::outputs<T>(op_case.graph, op_case.inputs)) == 0);
  }
}

TEST_CASE("one node by itself computes what it computes in its graph") {
  for (const test::OpCase& op_case : test::load_op_cases()) {
    CAPTURE(op_case.name);
    const Node& node = op_case.graph.nodes[0];
    if (node.as<Nms>() != nullptr) continue;  // its outputs are cut to the rows that count in a graph only
    std::vector<Tensor> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(op_case.inputs.at(op_case.graph.value(input).name));
    const auto alone = reference::compute<double>(op_case.graph, node, inputs);
    const auto whole = reference::outputs<double>(op_case.graph, op_case.inputs);
    REQUIRE(alone.size() == whole.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      CHECK(alone[i].to_vector<double>() == whole.at(fmt::format("out{}", i)).to_vector<double>());
    }
  }
}
