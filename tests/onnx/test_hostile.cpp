// Damaged and hostile files: an error that names the file, never a crash. Run it under sanitizers for its full worth.
#include "runtime/onnx/names.hpp"
#include "tests/onnx/onnx_model.hpp"

using namespace banoff;
using namespace banoff::test;
using onnx_import::UniqueNames;

TEST_CASE("what is no ONNX model is told by its file's name") {
  const TemporaryFolder folder;
  const std::string whole = small_onnx().bytes();
  for (const std::string& bytes : {std::string("\x08"), std::string(100, '\xff'), std::string("not a model"),
                                   whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1)}) {
    const auto file = folder.write("bad.onnx", bytes);
    CHECK(input_error([&] { load_to_run(file); }).starts_with(file.string()));
  }
  OnnxModel old(6);
  old.input("x", {1, 2}).output("y").node("Relu", {"x"}, {"y"});
  CHECK(input_error([&] { load_to_run(old.write(folder)); }).find("opset 6") != std::string::npos);
}

TEST_CASE("sizes that a file claims are checked before memory is asked for") {
  const TemporaryFolder folder;
  const auto claim = [&](const std::vector<std::int64_t>& shape) {
    OnnxModel made;
    made.input("x", {1}).output("y").weight("w", shape, {1});
    made.node("Add", {"x", "w"}, {"y"});
    return input_error([&] { load_to_run(made.write(folder)); });
  };
  CHECK(claim({1LL << 40}).find("1 elements") != std::string::npos);
  CHECK(claim({1LL << 32, 1LL << 32}).find("64 bits") != std::string::npos);
  CHECK_FALSE(claim({-5}).empty());
  OnnxModel bomb;
  bomb.input("x", {1}).output("y").integers("huge", {1LL << 33});
  bomb.node("ConstantOfShape", {"huge"}, {"big"});
  bomb.node("Add", {"x", "big"}, {"y"});
  CHECK(input_error([&] { load_to_run(bomb.write(folder)); }).find("limit for this model") != std::string::npos);
}

TEST_CASE("cycles, missing values and names used twice are refused") {
  const TemporaryFolder folder;
  OnnxModel cycle;
  cycle.input("x", {1}).output("y").node("Add", {"x", "b"}, {"a"});
  cycle.node("Relu", {"a"}, {"b"});
  cycle.node("Relu", {"b"}, {"y"});
  CHECK(input_error([&] { load_to_run(cycle.write(folder)); }).find("'b'") != std::string::npos);
  OnnxModel twice;
  twice.input("x", {1}).output("y").node("Relu", {"x"}, {"y"});
  twice.node("Relu", {"x"}, {"y"});
  CHECK(input_error([&] { load_to_run(twice.write(folder)); }).find("defined twice") != std::string::npos);
  OnnxModel nowhere;
  nowhere.input("x", {1}).output("y").node("Relu", {"x"}, {"z"});
  CHECK(input_error([&] { load_to_run(nowhere.write(folder)); }).find("'y'") != std::string::npos);
}

TEST_CASE("as many nodes of one name as a file may have are told apart, each as fast as the first") {
  UniqueNames names;
  CHECK(names.take("a_3"));
  CHECK_FALSE(names.take("a_3"));
  CHECK(names.made("a") == "a");
  CHECK(names.made("a") == "a_2");
  CHECK(names.made("a") == "a_4");
  names.give_back("a");
  CHECK(names.made("a") == "a");
  for (int i = 0; i < 200'000; ++i) (void)names.made("constant");
  CHECK(names.made("constant") == "constant_200001");
}
