// What the importer makes of ONNX's ways of saying things, and what it says of what it cannot take.
#include "banoff/session.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("layers take their weights from initializers, and fold") {
  const TemporaryFolder folder;
  const Model model = Model::load(small_onnx().write(folder));
  CHECK(ops_of(model) == std::vector<std::string>{"conv", "batch_norm", "relu"});
  CHECK(model.inputs().at(0).shape == Shape{1, 2, 5, 5});
  CHECK(model.outputs().at(0).name == "y");
  const auto [folded, report] = model.fold({});
  CHECK(report.folded() == 1);
  const Tensors x = model.random_inputs(1);
  CHECK(compare(model.reference(x), folded.reference(x)).at(0).max_relative_error < 1e-6);
}

TEST_CASE("arithmetic on shapes is done while importing") {
  const TemporaryFolder folder;
  OnnxModel made;
  made.input("x", {-1, 6, 4, 4}).output("y");
  made.integers("rest", {-1}).integers("first", {0}).integers("one", {1});
  made.node("Shape", {"x"}, {"shape"});
  made.node("Slice", {"shape", "first", "one"}, {"batch"});
  set_attribute(made.node("Concat", {"batch", "rest"}, {"wanted"}), "none", {});
  made.graph().mutable_node(2)->clear_attribute();
  onnx::AttributeProto& axis = *made.graph().mutable_node(2)->add_attribute();
  axis.set_name("axis"), axis.set_type(onnx::AttributeProto::INT), axis.set_i(0);
  made.node("Reshape", {"x", "wanted"}, {"y"});
  LoadOptions options;
  options.symbols["x0"] = 3;
  const Model model = Model::load(made.write(folder), options);
  CHECK(ops_of(model) == std::vector<std::string>{"reshape"});
  CHECK(model.outputs().at(0).shape == Shape{3, 96});
  CHECK(Model::load(made.write(folder)).outputs().at(0).shape == Shape{1, 96});
  options.symbols = {{"N", 5}};
  CHECK(Model::load(made.write(folder), options).outputs().at(0).shape == Shape{5, 96});
}

TEST_CASE("all that cannot be taken over is told at once") {
  const TemporaryFolder folder;
  OnnxModel made;
  made.input("x", {1, 2, 4, 4}).input("w", {2, 2, 1, 1}).output("y");
  made.node("Conv", {"x", "w"}, {"a"});
  made.node("Relu", {"a"}, {"b"});
  made.node("Mystery", {"x"}, {"c"});
  set_attribute(made.node("Relu", {"x"}, {"d"}), "strange", {1});
  made.node("If", {"x"}, {"e"});
  made.node("Add", {"b", "c"}, {"y"});
  const std::string error = input_error([&] { (void)Model::load(made.write(folder)); });
  CHECK(error.find("4 of 6 nodes") != std::string::npos);
  CHECK(error.find("opset 13") != std::string::npos);
  CHECK(error.find("Conv 'a': the weight ('w') must be a constant") != std::string::npos);
  CHECK(error.find("Mystery 'c'") != std::string::npos);
  CHECK(error.find("attribute strange") != std::string::npos);
  CHECK(error.find("If 'e': control flow") != std::string::npos);
}

TEST_CASE("external data is read from the model's folder, and from nowhere else") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "inside");
  const std::vector<float> values{1, 2, 3, 4};
  const std::string bytes(reinterpret_cast<const char*>(values.data()), 16);
  folder.write("inside/weights.bin", "1234" + bytes);
  folder.write("secret.bin", bytes);
  std::filesystem::create_symlink(folder / "secret.bin", folder / "inside/link.bin");
  const auto load = [&](const std::string& location, const std::string& offset, const std::string& length) {
    OnnxModel made;
    made.input("x", {4}).output("y").weight("w", {4}, {});
    onnx::TensorProto& w = *made.graph().mutable_initializer(0);
    w.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto add = [&](const std::string& key, const std::string& value) {
      onnx::StringStringEntryProto& entry = *w.add_external_data();
      entry.set_key(key), entry.set_value(value);
    };
    add("location", location), add("offset", offset), add("length", length);
    made.node("Add", {"x", "w"}, {"y"});
    return Model::load(made.write(folder, "inside/made.onnx"));
  };
  const Model model = load("weights.bin", "4", "16");
  const Tensors zero{{"x", Tensor::of<float>({4}, {0, 0, 0, 0})}};
  CHECK(model.reference(zero).at("y").to_vector<float>() == values);
  struct Claim {
    const char *location, *offset, *length;
  };
  for (const Claim claim :
       {Claim{"../secret.bin", "0", "16"}, Claim{"link.bin", "0", "16"}, Claim{"/etc/hostname", "0", "4"},
        Claim{"", "0", "16"}, Claim{"absent.bin", "0", "16"}, Claim{"weights.bin", "8", "16"},
        Claim{"weights.bin", "18446744073709551615", "2"}, Claim{"weights.bin", "x", "16"}}) {
    CAPTURE(claim.location);
    (void)input_error([&] { (void)load(claim.location, claim.offset, claim.length); });
  }
}

TEST_CASE("nodes may be written in any order") {
  const TemporaryFolder folder;
  OnnxModel made;
  made.input("x", {1, 4}).output("y");
  made.node("Sigmoid", {"b"}, {"c"});
  made.node("Add", {"a", "c"}, {"y"});
  made.node("Tanh", {"a"}, {"b"});
  made.node("Relu", {"x"}, {"a"});
  CHECK(ops_of(Model::load(made.write(folder))) == std::vector<std::string>{"relu", "tanh", "sigmoid", "add"});
}
