// The graphs that ONNX Runtime tests its own fusion of batch norms with. What must be fused is. Of what must not, three
// are no networks (a batch norm of 5 channels over an axis of 1), and one is beyond that fusion's pattern only.
#include "tests/onnx/onnx_model.hpp"
#include "tests/onnx/onnxruntime_answers.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Case {
  const char* name;
  const char* error = nullptr;  ///< what the refusal says, where it is no network
  double tolerance = 2e-6;
};

constexpr Case cases[] = {
    {"fuse-conv-bn-add-mul-float16", nullptr, 2e-3},  // float16 has 11 bits
    {"fuse-conv-bn-mul-add-unsqueeze"},
    {"fuse-conv-bn-mul-add-unsqueeze-no-bias"},
    {"fuse-conv-bn-mul-add-unsqueeze.negative_axes"},
    {"fuse-conv-bn-no-bias"},
    {"fuse-matmul-bn-directly"},
    {"fuse-matmul-bn-with-reshape"},
    // ONNX Runtime's pattern stops at the Identity between MatMul and BatchNormalization. It changes nothing, so that
    // every method folds: `naive` goes along any chain of affine ops with one reader each.
    {"fuse-matmul-bn-non-ignorable-node"},
    {"fuse-matmul-bn-directly-dont-fuse", "BatchNormalization 'output': weight is 5, expected 1"},
    {"fuse-matmul-bn-only-reshape", "BatchNormalization 'bn_output': weight is 5, expected 1"},
    {"fuse-matmul-bn-only-transpose", "BatchNormalization 'output': weight is 5, expected 1"},
};

const std::filesystem::path suite = data_folder() / "suite_ort_bn_fusion";
std::filesystem::path file_of(const Case& one) { return suite / (std::string(one.name) + ".onnx"); }

}  // namespace

TEST_CASE("ONNX Runtime's graphs for fusing batch norms fold by every method, with its answers" *
          doctest::skip(!std::filesystem::exists(suite))) {
  for (const Case& one : cases) {
    if (one.error != nullptr) continue;
    CAPTURE(one.name);
    const Model model = Model::load(file_of(one));
    check_answer(one.name, model, "reference", one.tolerance);
    for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
      CAPTURE(name_of(method));
      FoldOptions options;
      options.method = method;
      const auto [folded, report] = model.fold(options);
      CHECK(report.norms.size() == 1);
      CHECK(report.folded() == 1);
      check_answer(one.name, folded, "reference", one.tolerance);
    }
  }
}

TEST_CASE("those that are no networks are refused, as ONNX Runtime does, with the node and what is wrong" *
          doctest::skip(!std::filesystem::exists(suite))) {
  for (const Case& one : cases) {
    if (one.error == nullptr) continue;
    CAPTURE(one.name);
    CHECK(answer_of(one.name).at(1) == "refused");
    const std::string error = input_error([&] { load_to_run(file_of(one)); });
    CHECK(error.find(one.error) != std::string::npos);
  }
}
