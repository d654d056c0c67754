// What the importer makes of ONNX's ways of saying things, and what it says of what it cannot take.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

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
  made.node("Mystery", {"e"}, {"f"});
  made.node("Mystery", {"nobody"}, {"unread"});
  made.node("Sum", {"b", "c", "d", "f"}, {"y"});
  made.input("nobody", {1});
  const std::string error = input_error([&] { load_to_run(made.write(folder)); });
  // A node behind another is told of, one that no output needs is not, and what only reads such a value is no fault.
  CHECK(error.find("5 of 7 nodes cannot be run") != std::string::npos);
  CHECK(error.find("Conv 'a': the weight ('w') must be a constant") != std::string::npos);
  CHECK(error.find("Mystery 'c', 'f': this operator is not supported") != std::string::npos);
  CHECK(error.find("attribute strange") != std::string::npos);
  CHECK(error.find("If 'e': attribute then_branch is missing") != std::string::npos);
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

TEST_CASE("names keep whole characters, whatever their bytes, and inputs and outputs keep theirs") {
  const TemporaryFolder folder;
  const auto load = [&](const std::string& node, const std::string& input) {
    OnnxModel made;
    made.input(input, {1, 2}).output("y\n").node("Relu", {input}, {"y\n"}).set_name(node);
    return Model::load(made.write(folder));
  };
  // 899 bytes and a letter of two: the letter is left out as a whole.
  const std::string long_name = fmt::format("{:n>899}\xc3\xa9{:n>600}", "", "");
  CHECK(load(long_name, "x").layers().at(0).name == std::string(899, 'n'));
  CHECK(load("a\xc3\xa9\tb", "x").layers().at(0).name == "a\xc3\xa9_b");
  // No beginning, no end, longer than needed, a surrogate, beyond the last character.
  CHECK(load("\x80|\xc3|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80", "x").layers().at(0).name == "_|_|__|___|____");
  CHECK(load("n", "x\t\n").inputs().at(0).name == "x\t\n");
  CHECK(input_error([&] { (void)load("n", "x\xc3"); }).find("not in UTF-8: 'x_'") != std::string::npos);
}

TEST_CASE("long names and names with control characters survive YAML") {
  const TemporaryFolder folder;
  const std::string name = fmt::format("{:i>1500}\n\t\"", "");
  OnnxModel made;
  made.input(name, {1, 2}).output(name + "y").node("Relu", {name}, {name + "y"}).set_name(std::string(1500, '"'));
  const Model model = Model::load(made.write(folder));
  model.save(folder / "saved.yaml");
  const Model again = Model::load(folder / "saved.yaml");
  CHECK(again.inputs().at(0).name == name);
  CHECK(again.outputs().at(0).name == name + "y");
  CHECK(again.layers().at(0).name == model.layers().at(0).name);
}

namespace {

/// y = conv(x) + norm, whose bias `b` is an initializer and an input: by version 4 of the format it may be given.
OnnxModel with_default(bool list_all) {
  OnnxModel made;
  made.input("x", {1, 2, 3, 3}).input("b", {2}).output("y");
  if (list_all) made.input("w", {2, 2, 1, 1});
  made.weight("w", {2, 2, 1, 1}, {1, -2, 0.5F, 3}).weight("b", {2}, {10, -20});
  made.node("Conv", {"x", "w", "b"}, {"y"});
  return made;
}

}  // namespace

TEST_CASE("an initializer that is an input has its value by default, and takes another at each run") {
  const TemporaryFolder folder;
  const Model model = Model::load(with_default(false).write(folder));
  REQUIRE(model.inputs().size() == 2);
  CHECK_FALSE(model.inputs().at(0).has_default);
  CHECK(model.inputs().at(1).has_default);
  const Tensor x = Tensor::of<float>({1, 2, 3, 3}, std::vector<float>(18, 0));
  const auto shift = [](const Tensors& outputs) { return outputs.at("y").to_vector<double>().front(); };
  CHECK(shift(model.reference({{"x", x}})) == 10);
  for (const char* device : {"reference", "cpu"}) {
    DeviceOptions options;
    options.name = device;
    Session session(CompiledModel::compile(model, options));
    CHECK(shift(session.run({{"x", x}})) == 10);
    CHECK(shift(session.run({{"x", x}, {"b", Tensor::of<float>({2}, {4, 5})}})) == 4);
    CHECK(shift(session.run({{"x", x}})) == 10);
  }
  // What is written has it still, in either format.
  for (const char* name : {"saved.onnx", "saved.yaml"}) {
    model.save(folder / name);
    const Model again = Model::load(folder / name);
    CHECK(again.inputs().at(1).has_default);
    CHECK(shift(again.reference({{"x", x}})) == 10);
    CHECK(shift(again.reference({{"x", x}, {"b", Tensor::of<float>({2}, {4, 5})}})) == 4);
  }
}

TEST_CASE("initializers are constants where all are listed as inputs, where one must be known, and in older files") {
  const TemporaryFolder folder;
  const auto inputs = [&](OnnxModel made) { return Model::load(made.write(folder)).inputs().size(); };
  CHECK(inputs(with_default(true)) == 1);
  OnnxModel old = with_default(false);
  old.proto().set_ir_version(3);
  CHECK(inputs(old) == 1);
  // A norm's parameters must be known, another input of the same kind need not be.
  OnnxModel norm = with_default(false);
  norm.graph().mutable_node(0)->set_output(0, "c");
  norm.weight("g", {2}, {2, -3}).weight("m", {2}, {1, 2}).input("g", {2});
  norm.node("BatchNormalization", {"c", "g", "m", "m", "g"}, {"y"});
  norm.graph().mutable_initializer(2)->set_float_data(1, 3);
  REQUIRE(inputs(norm) == 2);
  const Model model = Model::load(norm.write(folder));
  CHECK(model.inputs().at(1).name == "b");
  CHECK_THROWS_AS((void)model.reference({{"g", Tensor::of<float>({2}, {1, 1})}}), Error);
}

TEST_CASE("defaults of inputs in a model file are of fixed sizes, not too large, and in the weights") {
  const TemporaryFolder folder;
  Model::load(with_default(false).write(folder)).save(folder / "net.yaml");
  std::ostringstream text;
  text << std::ifstream(folder / "net.yaml").rdbuf();
  const auto said_of = [&](const std::string& input) {
    std::string changed = text.str();
    changed.insert(changed.find("inputs:\n") + 8, "  more: {shape: " + input + ", default: true}\n");
    folder.write("net.yaml", changed);
    return input_error([&] { load_to_run(folder / "net.yaml"); });
  };
  CHECK(said_of("[2]").find("'more.default' is missing") != std::string::npos);
  CHECK(said_of("[N]").find("fixed sizes") != std::string::npos);
  CHECK(said_of("[1099511627776]").find("more than a default may have") != std::string::npos);
}
