// What is not understood is carried from file to file: nodes of other domains, subgraphs, functions, values that are no
// tensors. scripts/check_carried.py compares more of them in ONNX Runtime.
#include "runtime/onnx/carried.hpp"
#include "runtime/onnx/raise.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// A convolution and its batch norm, `from` to `to`, two channels to two.
void add_normed(OnnxModel& model, const std::string& from, const std::string& to) {
  model.weight(to + ".w", {2, 2, 1, 1}, {1, -2, 0.5F, 3})
      .weight(to + ".scale", {2}, {2, -3})
      .weight(to + ".shift", {2}, {5, 1});
  model.weight(to + ".mean", {2}, {-4, 2}).weight(to + ".var", {2}, {0.3F, 9});
  model.node("Conv", {from, to + ".w"}, {to + ".c"});
  model.node("BatchNormalization", {to + ".c", to + ".scale", to + ".shift", to + ".mean", to + ".var"}, {to});
}

void tell_type(OnnxModel& model, const std::string& name, const std::vector<std::int64_t>& shape) {
  onnx::ValueInfoProto& info = *model.graph().add_value_info();
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t size : shape) tensor.mutable_shape()->add_dim()->set_dim_value(size);
}

/// The file after folding.
onnx::ModelProto folded_file(const TemporaryFolder& folder, const OnnxModel& model) {
  const auto [changed, report] = Model::load(model.write(folder)).fold({.method = Method::optimal});
  changed.save(folder / "folded.onnx");
  std::ifstream in(folder / "folded.onnx", std::ios::binary);
  onnx::ModelProto proto;
  REQUIRE(proto.ParseFromIstream(&in));
  return proto;
}

const onnx::NodeProto& node_of(const onnx::GraphProto& graph, const std::string& op) {
  const auto found = std::ranges::find_if(graph.node(), [&](const auto& node) { return node.op_type() == op; });
  REQUIRE(found != graph.node().end());
  return *found;
}

std::size_t count_of(const onnx::GraphProto& graph, const std::string& op) {
  return static_cast<std::size_t>(
      std::ranges::count_if(graph.node(), [&](const auto& node) { return node.op_type() == op; }));
}

OnnxModel with_unknown(const std::string& domain) {
  OnnxModel model;
  onnx::OperatorSetIdProto& import = *model.proto().add_opset_import();
  import.set_domain(domain), import.set_version(3);
  model.input("x", {1, 2, 3, 3}).output("y").output("rest");
  add_normed(model, "x", "a");
  onnx::NodeProto& unknown = model.node("Swirl", {"a", "", "x"}, {"s", "rest"});
  unknown.set_domain(domain);
  set_integer(unknown, "turns", 7);
  tell_type(model, "s", {1, 2, 3, 3});
  add_normed(model, "s", "y");
  return model;
}

}  // namespace

TEST_CASE("a node of an unknown domain stays as it was, and the norms on both sides of it go") {
  const TemporaryFolder folder;
  const OnnxModel model = with_unknown("com.nobody");
  const Model loaded = Model::load(model.write(folder));
  REQUIRE(loaded.unsupported().size() == 1);
  CHECK(loaded.unsupported()[0].op == "Swirl");
  CHECK(loaded.unsupported()[0].reason.find("operators of 'com.nobody' are not supported") != std::string::npos);
  const onnx::ModelProto written = folded_file(folder, model);
  CHECK(count_of(written.graph(), "BatchNormalization") == 0);
  const onnx::NodeProto& swirl = node_of(written.graph(), "Swirl");
  CHECK(swirl.domain() == "com.nobody");
  CHECK(swirl.attribute(0).i() == 7);
  REQUIRE(swirl.input_size() == 3);
  CHECK(swirl.input(1).empty());
  CHECK(swirl.input(2) == "x");
  CHECK(swirl.output(1) == "rest");
  CHECK(std::ranges::any_of(written.opset_import(),
                            [](const auto& each) { return each.domain() == "com.nobody" && each.version() == 3; }));
}

TEST_CASE("a network with such a node is refused where it would be run or written as YAML, with the next step") {
  const TemporaryFolder folder;
  const std::filesystem::path file = with_unknown("com.nobody").write(folder);
  const Model model = Model::load(file);
  CHECK(input_error([&] { load_to_run(file); }).find("1 of 5 nodes cannot be run") != std::string::npos);
  CHECK(input_error([&] { (void)model.reference(model.random_inputs(1)); }).find("Swirl") != std::string::npos);
  CHECK(input_error([&] { model.save(folder / "net.yaml"); }).find("write OUT.onnx instead") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "net.yaml"));
}

TEST_CASE("a file of which nothing was folded is written as it was") {
  const TemporaryFolder folder;
  OnnxModel model(5);  // an opset that is too early to be understood
  model.input("x", {1, 2, 3, 3}).output("y").node("Relu", {"x"}, {"y"});
  const std::filesystem::path file = model.write(folder);
  CHECK(input_error([&] { load_to_run(file); }).find("opset 5: at least 7 is needed") != std::string::npos);
  Model::load(file).fold({.method = Method::optimal}).first.save(folder / "same.onnx");
  std::ifstream in(folder / "same.onnx", std::ios::binary);
  CHECK(std::string{std::istreambuf_iterator<char>(in), {}} == model.bytes());
}

TEST_CASE("what a subgraph reads from around it is renamed with it, what it defines itself is not") {
  const TemporaryFolder folder;
  OnnxModel model;
  model.input("x", {1, 2, 3, 3}).input("c", {}).output("y");
  add_normed(model, "x", "a");
  model.node("Cast", {"c"}, {"chosen"}).add_attribute();
  onnx::AttributeProto& to = *model.graph().mutable_node()->rbegin()->mutable_attribute(0);
  to.set_name("to"), to.set_type(onnx::AttributeProto::INT), to.set_i(onnx::TensorProto::BOOL);
  onnx::NodeProto& branch = model.node("If", {"chosen"}, {"b"});
  onnx::GraphProto& yes = subgraph(branch, "then_branch");
  add_inner(yes, "Mul", {"a", "x"}, {"product"}), add_inner(yes, "Add", {"product", "a"}, {"r"});
  yes.add_output()->set_name("r");
  onnx::GraphProto& no = subgraph(branch, "else_branch");
  add_inner(no, "Neg", {"a"}, {"q"});
  no.add_output()->set_name("q");
  add_normed(model, "b", "y");
  const onnx::ModelProto written = folded_file(folder, model);
  CHECK(count_of(written.graph(), "BatchNormalization") == 0);  // both branches are of the same type: it is known
  const std::string now = node_of(written.graph(), "Conv").output(0);
  const onnx::GraphProto& then = node_of(written.graph(), "If").attribute(0).g();
  CHECK(then.node(0).input(0) == now);
  CHECK(then.node(0).input(1) == "x");
  CHECK(then.node(1).input(0) == "product");
  CHECK(then.node(1).input(1) == now);
}

TEST_CASE("a function's attributes come from the call, else from its defaults") {
  const TemporaryFolder folder;
  OnnxModel model;
  model.proto().add_opset_import()->set_domain("my.own");
  onnx::FunctionProto& function = *model.proto().add_functions();
  function.set_domain("my.own"), function.set_name("Leaky");
  function.add_input("v"), function.add_output("w");
  function.add_opset_import()->set_version(13);
  onnx::NodeProto& leaky = *function.add_node();
  leaky.set_op_type("LeakyRelu"), leaky.add_input("v"), leaky.add_output("w");
  onnx::AttributeProto& alpha = add_attribute(leaky, "alpha", onnx::AttributeProto::FLOAT);
  alpha.set_ref_attr_name("slope");
  model.input("x", {1, 2}).output("y").output("z");
  onnx::NodeProto& given = model.node("Leaky", {"x"}, {"y"});
  given.set_domain("my.own");
  add_attribute(given, "slope", onnx::AttributeProto::FLOAT).set_f(3);
  model.node("Leaky", {"x"}, {"z"}).set_domain("my.own");
  const Tensors out = Model::load(model.write(folder)).reference({{"x", Tensor::of<float>({1, 2}, {-2, 5})}});
  CHECK(out.at("y").to_vector<double>() == std::vector<double>{-6, 5});
  CHECK(out.at("z").to_vector<double>()[0] == doctest::Approx(-0.02));  // ONNX's own default: the function has none
}

TEST_CASE("functions that call themselves, and what would be written out for ever, end in an error") {
  const TemporaryFolder folder;
  const auto function = [](OnnxModel& model, const std::string& name, const std::vector<std::string>& calls) {
    onnx::FunctionProto& made = *model.proto().add_functions();
    made.set_domain("my.own"), made.set_name(name);
    made.add_input("v"), made.add_output("v" + std::to_string(calls.size()));
    made.add_opset_import()->set_version(13);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      onnx::NodeProto& node = *made.add_node();
      node.set_op_type(calls[i]), node.set_domain(calls[i] == "Relu" ? "" : "my.own");
      node.add_input(i == 0 ? "v" : "v" + std::to_string(i)), node.add_output("v" + std::to_string(i + 1));
    }
  };
  OnnxModel itself;
  function(itself, "Again", {"Again"});
  itself.input("x", {1}).output("y").node("Again", {"x"}, {"y"}).set_domain("my.own");
  const std::string endless = input_error([&] { load_to_run(itself.write(folder)); });
  CAPTURE(endless);
  CHECK(endless.find("nested more than 64 deep") != std::string::npos);
  OnnxModel twice;  // 2^40 nodes
  for (int i = 0; i < 40; ++i) {
    const std::string next = "F" + std::to_string(i + 1);
    function(twice, "F" + std::to_string(i), {next, next});
  }
  function(twice, "F40", {"Relu"});
  twice.input("x", {1}).output("y").node("F0", {"x"}, {"y"}).set_domain("my.own");
  const std::string many = input_error([&] { load_to_run(twice.write(folder)); });
  CAPTURE(many);
  CHECK(many.find("written out") != std::string::npos);
}

TEST_CASE("a loop of known length is written out; what it collects is stacked") {
  const TemporaryFolder folder;
  OnnxModel model;
  model.input("x", {1, 2}).output("last").output("rows").integers("three", {3});
  onnx::GraphProto& body = subgraph(model.node("Loop", {"three", "", "x"}, {"last", "rows"}), "body");
  for (const char* name : {"i", "go", "held"}) body.add_input()->set_name(name);
  add_inner(body, "Cast", {"i"}, {"step"}).add_attribute();
  onnx::AttributeProto& to = *body.mutable_node(0)->mutable_attribute(0);
  to.set_name("to"), to.set_type(onnx::AttributeProto::INT), to.set_i(onnx::TensorProto::FLOAT);
  add_inner(body, "Add", {"held", "step"}, {"next"}), add_inner(body, "Mul", {"next", "next"}, {"square"});
  for (const char* name : {"go", "next", "square"}) body.add_output()->set_name(name);
  const Model loaded = Model::load(model.write(folder));
  CHECK(loaded.unsupported().empty());
  const Tensors out = loaded.reference({{"x", Tensor::of<float>({1, 2}, {10, -1})}});
  CHECK(out.at("last").to_vector<double>() == std::vector<double>{13, 2});
  CHECK(out.at("rows").shape() == Shape{3, 1, 2});
  CHECK(out.at("rows").to_vector<double>() == std::vector<double>{100, 1, 121, 0, 169, 4});
}

TEST_CASE("an initializer that many nodes read is one parameter, and one in the file") {
  const TemporaryFolder folder;
  OnnxModel model;
  model.input("x", {1, 64}).output("y").weight("w", {64, 64}, std::vector<float>(64 * 64, 0.25F));
  std::string at = "x";
  for (int i = 0; i < 20; ++i) {
    const std::string next = i == 19 ? "y" : "h" + std::to_string(i);
    model.node("MatMul", {at, "w"}, {next});
    at = next;
  }
  const Model loaded = Model::load(model.write(folder));
  loaded.save(folder / "again.onnx");
  loaded.save(folder / "again.yaml");
  CHECK(std::filesystem::file_size(folder / "again.onnx") < 2 * model.bytes().size());
  CHECK(std::filesystem::file_size(folder / "again.safetensors") < 2 * model.bytes().size());
}

TEST_CASE("nodes of an early opset are raised to the one that is written") {
  const auto raised = [](onnx::NodeProto node, std::int64_t from) {
    int made = 0;
    onnx_export::Raiser raiser(from, 18, [&](const std::string& wanted) { return wanted + std::to_string(++made); });
    return raiser.raised(std::move(node));
  };
  onnx::NodeProto squeeze;
  squeeze.set_op_type("Squeeze"), squeeze.add_input("x"), squeeze.add_output("y");
  set_attribute(squeeze, "axes", {2});
  const auto squeezed = raised(squeeze, 11);
  REQUIRE(squeezed.size() == 2);
  CHECK(squeezed[0].op_type() == "Constant");
  CHECK(squeezed[0].attribute(0).t().int64_data(0) == 2);
  CHECK(squeezed[1].input(1) == squeezed[0].output(0));
  CHECK(squeezed[1].attribute_size() == 0);
  CHECK(raised(squeeze, 18).size() == 1);
  onnx::NodeProto soft;
  soft.set_op_type("Softmax"), soft.add_input("x"), soft.add_output("y");
  const auto softened = raised(soft, 9);
  REQUIRE(softened.size() == 4);  // Shape, Flatten, Softmax, Reshape
  CHECK(softened[3].op_type() == "Reshape");
  CHECK(softened[3].output(0) == "y");
  onnx::NodeProto scan;
  scan.set_op_type("Scan"), scan.add_input("x"), scan.add_output("y");
  CHECK(input_error([&] { (void)raised(scan, 8); }).find("convert the model") != std::string::npos);
}
