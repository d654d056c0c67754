#include <cstring>

#include "banoff/banoff.h"
#include "support.hpp"

using namespace banoff::test;

TEST_CASE("the C interface loads, folds, compiles and runs") {
  banoff_error error{};
  banoff_model* model = nullptr;
  const std::string file = (source / "configs/demo/classifier.yaml").string();
  REQUIRE(banoff_model_load(file.c_str(), nullptr, &model, &error) == BANOFF_OK);
  banoff_model* folded_model = nullptr;
  std::size_t folds = 0;
  REQUIRE(banoff_model_fold(model, "banoff", &folded_model, &folds, &error) == BANOFF_OK);
  CHECK(folds == 16);
  banoff_compiled* compiled = nullptr;
  REQUIRE(banoff_model_compile(folded_model, "cpu", 1, &compiled, &error) == BANOFF_OK);
  banoff_tensor_info info{};
  REQUIRE(banoff_input_info(compiled, 0, &info, &error) == BANOFF_OK);
  CHECK(std::string(info.name) == "image");
  CHECK(info.bytes == 32 * 32 * sizeof(float));
  banoff_session* session = nullptr;
  REQUIRE(banoff_session_create(compiled, &session, &error) == BANOFF_OK);

  const banoff::Tensor image = banoff::read_npy(source / "configs/demo/data/expected/classifier.in.npy");
  void* input = nullptr;
  REQUIRE(banoff_session_input(session, 0, &input, &error) == BANOFF_OK);
  std::memcpy(input, image.data(), image.bytes());
  REQUIRE(banoff_session_run(session, &error) == BANOFF_OK);
  const void* output = nullptr;
  std::int64_t count = 0;
  REQUIRE(banoff_session_output(session, 0, &output, &count, &error) == BANOFF_OK);
  CHECK(count == 1);
  std::vector<float> logits(10);
  std::memcpy(logits.data(), output, logits.size() * sizeof(float));
  const banoff::Tensor expected = banoff::read_npy(source / "configs/demo/data/expected/classifier.out.npy");
  CHECK(max_difference(banoff::Tensor::of({1, 10}, logits), expected) < 1e-4);

  banoff_session_release(session);
  banoff_compiled_release(compiled);
  banoff_model_release(folded_model);
  banoff_model_release(model);
}

TEST_CASE("a failing C call says why and leaves its result alone") {
  banoff_error error{};
  banoff_model* untouched = nullptr;
  CHECK(banoff_model_load("no such file.yaml", nullptr, &untouched, &error) == BANOFF_BAD_INPUT);
  CHECK(std::string(error.message).find("no such file.yaml") != std::string::npos);
  CHECK(untouched == nullptr);
  CHECK(banoff_model_load(nullptr, nullptr, &untouched, nullptr) == BANOFF_USAGE);
  CHECK(banoff_session_run(nullptr, &error) == BANOFF_USAGE);
  banoff_model_release(nullptr);
}
