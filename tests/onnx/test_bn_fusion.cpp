// The graphs that ONNX Runtime tests its own fusion of batch norms with. What must be fused is; what must not be is
// told apart: three graphs are none (a batch norm of 5 channels over an axis of 1), and one is a limit of that fusion's
// pattern.
#include <sstream>

#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Case {
  const char* name;
  bool folds;         ///< by every method
  const char* error;  ///< what the refusal says; nullptr: it loads
  double tolerance = 2e-6;
};

constexpr Case cases[] = {
    {"fuse-conv-bn-add-mul-float16", true, nullptr, 2e-3},  // float16 has 11 bits
    {"fuse-conv-bn-mul-add-unsqueeze", true, nullptr},
    {"fuse-conv-bn-mul-add-unsqueeze-no-bias", true, nullptr},
    {"fuse-conv-bn-mul-add-unsqueeze.negative_axes", true, nullptr},
    {"fuse-conv-bn-no-bias", true, nullptr},
    {"fuse-matmul-bn-directly", true, nullptr},
    {"fuse-matmul-bn-with-reshape", true, nullptr},
    // ONNX Runtime's pattern stops at the Identity between; it is no barrier to the mathematics, and none to `naive`,
    // which goes along any chain of affine ops with one reader each.
    {"fuse-matmul-bn-non-ignorable-node", true, nullptr},
    {"fuse-matmul-bn-directly-dont-fuse", false, "BatchNormalization 'output': weight is 5, expected 1"},
    {"fuse-matmul-bn-only-reshape", false, "BatchNormalization 'bn_output': weight is 5, expected 1"},
    {"fuse-matmul-bn-only-transpose", false, "BatchNormalization 'output': weight is 5, expected 1"},
};

const std::filesystem::path suite = data_folder() / "suite_ort_bn_fusion";

/// The input that make_bn_fusion_expected.py gives to ONNX Runtime.
Tensor made_up(const TensorInfo& input) {
  std::vector<double> values(static_cast<std::size_t>(input.shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i * 7919 % 1009) / 504.0 - 1;
  return Tensor::of<double>(input.shape, std::move(values)).as(input.dtype);
}

/// ONNX Runtime's line for a graph, split at its commas.
std::vector<std::string> expected_of(const std::string& name) {
  std::ifstream file(source / "tests/onnx/data/bn_fusion.csv");
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    if (cells.front() == name) return cells;
  }
  FAIL("no line for " << name);
  return {};
}

void check_answer(const Model& model, const Case& one) {
  const std::vector<std::string> expected = expected_of(one.name + std::string(".onnx"));
  const TensorInfo input = model.inputs().at(0);
  const std::vector<double> actual =
      run_on(model, "reference", {{input.name, made_up(input)}}).begin()->second.to_vector<double>();
  REQUIRE(std::to_string(actual.size()) == expected.at(1));
  double largest = 1;
  for (std::size_t i = 2; i < expected.size(); ++i) largest = std::max(largest, std::abs(std::stod(expected[i])));
  for (std::size_t i = 2; i < expected.size(); ++i) {
    const double error = actual[(i - 2) * actual.size() / 32] - std::stod(expected[i]);
    CHECK(std::abs(error) < one.tolerance * largest);
  }
}

}  // namespace

TEST_CASE("ONNX Runtime's graphs for fusing batch norms: folded or refused, with its answers" *
          doctest::skip(!std::filesystem::exists(suite))) {
  for (const Case& one : cases) {
    CAPTURE(one.name);
    const std::filesystem::path file = suite / (std::string(one.name) + ".onnx");
    if (one.error != nullptr) {
      CHECK(expected_of(file.filename()).at(1) == "refused");
      try {
        (void)Model::load(file);
        FAIL_CHECK("was loaded");
      } catch (const Error& error) {
        CHECK(std::string(error.what()).find(one.error) != std::string::npos);
      }
      continue;
    }
    const Model model = Model::load(file);
    check_answer(model, one);
    for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
      CAPTURE(name_of(method));
      FoldOptions options;
      options.method = method;
      const auto [folded, report] = model.fold(options);
      CHECK(report.norms.size() == 1);
      CHECK(report.folded() == (one.folds ? 1 : 0));
      check_answer(folded, one);
    }
  }
}
