// Chains of quantised operators become layers on grids, and are written so that others run them in integers.
#include <cstring>

#include "kernels/reference/reference.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/export.hpp"
#include "runtime/onnx/import.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

using Names = std::vector<std::string>;

template <class T>
void constant(OnnxModel& model, const std::string& name, const Shape& shape, std::vector<T> values) {
  const Tensor tensor = Tensor::of<T>(shape, std::move(values));
  onnx::TensorProto& proto = *model.graph().add_initializer();
  proto.set_name(name);
  proto.set_data_type(onnx_types[tensor.dtype()]);
  for (const std::int64_t size : shape) proto.add_dims(size);
  proto.set_raw_data(tensor.data(), tensor.bytes());
}

void put(OnnxModel& model, const char* op, const std::string& x, const std::string& grid, const std::string& y) {
  model.node(op, {x, grid + "_scale", grid + "_zero"}, {y});
}
/// x on the grid, as floats.
void put_both(OnnxModel& model, const std::string& x, const std::string& grid, const std::string& y) {
  put(model, "QuantizeLinear", x, grid, y + "_q");
  put(model, "DequantizeLinear", y + "_q", grid, y);
}

/// Two grids of activations, a convolution's weights and bias, a dense layer's weights.
OnnxModel with_constants() {
  OnnxModel model;
  model.input("x", {1, 2, 6, 6}).output("y");
  constant<float>(model, "a_scale", {}, {0.05F});
  constant<std::uint8_t>(model, "a_zero", {}, {117});
  constant<float>(model, "b_scale", {}, {0.125F});
  constant<std::uint8_t>(model, "b_zero", {}, {0});
  std::vector<std::int8_t> weights, dense;
  for (int i = 0; i < 3 * 2 * 9; ++i) weights.push_back(static_cast<std::int8_t>(i * 37 % 255 - 127));
  for (int i = 0; i < 3 * 4; ++i) dense.push_back(static_cast<std::int8_t>(i * 91 % 255 - 127));
  constant(model, "w_q", {3, 2, 3, 3}, weights);
  constant<float>(model, "w_scale", {3}, {0.01F, 0.02F, 0.003F});
  constant<std::int8_t>(model, "w_zero", {3}, {0, 0, 0});
  constant<std::int32_t>(model, "bias_q", {3}, {1000, -300, 2500});
  constant<float>(model, "bias_scale", {3}, {0.05F * 0.01F, 0.05F * 0.02F, 0.05F * 0.003F});
  constant<std::int32_t>(model, "bias_zero", {3}, {0, 0, 0});
  constant(model, "d_q", {3, 4}, dense);
  constant<float>(model, "d_scale", {4}, {0.01F, 0.5F, 0.02F, 0.03F});
  constant<std::int8_t>(model, "d_zero", {4}, {0, 0, 0, 0});
  return model;
}

/// A convolution, a max pool and a dense layer in the form of quantize and dequantize around each.
OnnxModel in_pairs() {
  OnnxModel model = with_constants();
  put_both(model, "x", "a", "xa");
  put(model, "DequantizeLinear", "w_q", "w", "w");
  put(model, "DequantizeLinear", "bias_q", "bias", "bias");
  for (int i : {0, 1}) set_integer(*model.graph().mutable_node(model.graph().node_size() - 1 - i), "axis", 0);
  set_attribute(model.node("Conv", {"xa", "w", "bias"}, {"conv"}), "pads", {1, 1, 1, 1});
  model.node("Relu", {"conv"}, {"relu"});
  put_both(model, "relu", "b", "rb");
  onnx::NodeProto& pool = model.node("MaxPool", {"rb"}, {"pool"});
  set_attribute(pool, "kernel_shape", {2, 2}), set_attribute(pool, "strides", {2, 2});
  put_both(model, "pool", "b", "pb");
  model.node("GlobalAveragePool", {"pb"}, {"mean"});
  put_both(model, "mean", "b", "mb");
  model.node("Flatten", {"mb"}, {"flat"});
  put_both(model, "flat", "b", "fb");
  put(model, "DequantizeLinear", "d_q", "d", "d");
  set_integer(*model.graph().mutable_node(model.graph().node_size() - 1), "axis", 1);
  model.node("MatMul", {"fb", "d"}, {"y"});
  return model;
}

/// The same convolution and pool as operators on integers.
OnnxModel in_integers() {
  OnnxModel model = with_constants();
  put(model, "QuantizeLinear", "x", "a", "x_q");
  const Names inputs{"x_q", "a_scale", "a_zero", "w_q", "w_scale", "w_zero", "b_scale", "b_zero", "bias_q"};
  set_attribute(model.node("QLinearConv", inputs, {"conv_q"}), "pads", {1, 1, 1, 1});
  onnx::NodeProto& pool = model.node("MaxPool", {"conv_q"}, {"pool_q"});
  set_attribute(pool, "kernel_shape", {2, 2}), set_attribute(pool, "strides", {2, 2});
  put(model, "DequantizeLinear", "pool_q", "b", "y");
  return model;
}

Graph read(const std::filesystem::path& file) { return load_onnx(file, reference::compute<double>).graph; }

Names ops_in(const Graph& graph) {
  Names names;
  for (const Node& node : graph.live()) names.emplace_back(row_of(node.op).name);
  return names;
}

const Node& only(const Graph& graph, const std::string& op) {
  for (const Node& node : graph.live()) {
    if (row_of(node.op).name == op) return node;
  }
  FAIL("no " << op);
  return graph.nodes.front();
}

void check_same(const Graph& a, const Graph& b) {
  REQUIRE(ops_in(a) == ops_in(b));
  for (std::size_t n = 0; n < a.nodes.size(); ++n) {
    CAPTURE(a.nodes[n].name);
    CHECK(a.nodes[n].op == b.nodes[n].op);
    CHECK(a.nodes[n].inputs == b.nodes[n].inputs);
    for (const auto& [slot, id] : a.nodes[n].params) {
      const Tensor *x = &a.param(id), *y = b.param(b.nodes[n], slot);
      REQUIRE(y != nullptr);
      CHECK(x->to_vector<double>() == y->to_vector<double>());
    }
  }
}

onnx::ModelProto parsed(const std::filesystem::path& file) {
  onnx::ModelProto proto;
  std::ifstream stream(file, std::ios::binary);
  REQUIRE(proto.ParseFromIstream(&stream));
  return proto;
}

const onnx::TensorProto* initializer(const onnx::ModelProto& model, const std::string& name) {
  for (const onnx::TensorProto& each : model.graph().initializer()) {
    if (each.name() == name) return &each;
  }
  return nullptr;
}
const onnx::NodeProto* maker(const onnx::ModelProto& model, const std::string& name) {
  for (const onnx::NodeProto& each : model.graph().node()) {
    if (each.output(0) == name) return &each;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("pairs of quantize and dequantize are one op, once where nothing changes between them") {
  const TemporaryFolder folder;
  const Graph graph = read(in_pairs().write(folder));
  CHECK(ops_in(graph) == Names{"fake_quantize", "conv", "relu", "fake_quantize", "max_pool", "global_avg_pool",
                               "fake_quantize", "flatten", "dense"});
  CHECK(only(graph, "fake_quantize").op == Op(FakeQuantize{DType::u8, static_cast<double>(0.05F), 117}));
  const Node &conv = only(graph, "conv"), &dense = only(graph, "dense");
  CHECK(has_weight_scale(conv.op));
  CHECK(has_weight_scale(dense.op));
  CHECK(graph.param(conv, Slot::weight_scale)->to_vector<float>() == std::vector<float>{0.01F, 0.02F, 0.003F});
  CHECK(graph.param(dense, Slot::weight_scale)->to_vector<float>() == std::vector<float>{0.01F, 0.5F, 0.02F, 0.03F});
  CHECK(graph.param(conv, Slot::weight)->to_vector<float>()[1] == static_cast<float>(-127 + 37) * 0.01F);
  CHECK(graph.param(conv, Slot::bias)->to_vector<double>()[1] == doctest::Approx(-0.3));
}

TEST_CASE("operators on integers are layers between grids, and what moves integers moves floats") {
  const TemporaryFolder folder;
  const Graph graph = read(in_integers().write(folder));
  CHECK(ops_in(graph) == Names{"fake_quantize", "conv", "fake_quantize", "max_pool"});
  CHECK(has_weight_scale(only(graph, "conv").op));
  const Model model = Model::load(in_integers().write(folder));
  const Tensors x = model.random_inputs(4);
  for (const char* device : {"reference", "cpu"}) {
    const auto a = run_on(model, device, x).at("y").to_vector<double>();
    const auto b = model.reference(x).at("y").to_vector<double>();
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) <= 0.125);  // a step of the grid
  }
}

TEST_CASE("integers that something else reads stay, and other numbers are not joined") {
  const TemporaryFolder folder;
  OnnxModel model = with_constants();
  model.output("numbers");
  put(model, "QuantizeLinear", "x", "a", "x_q");
  put(model, "DequantizeLinear", "x_q", "a", "xa");
  put(model, "DequantizeLinear", "x_q", "b", "xb");
  model.node("Add", {"xa", "xb"}, {"y"});
  model.node("Identity", {"x_q"}, {"numbers"});
  model.graph().mutable_output(1)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::UINT8);
  const Graph graph = read(model.write(folder));
  CHECK(ops_in(graph) == Names{"quantize", "fake_quantize", "dequantize", "add"});
  const Model loaded = Model::load(model.write(folder));
  const Tensor x = Tensor::of<float>({1, 2, 6, 6}, std::vector<float>(72, 0.26F));
  const Tensors y = run_on(loaded, "cpu", {{"x", x}});
  CHECK(y.at("numbers").to_vector<double>()[0] == 122);
  CHECK(y.at("y").to_vector<double>()[0] == doctest::Approx(0.25 + 122 * 0.125));
}

TEST_CASE("weights that are no multiples of at most 127 steps are floats without a grid") {
  const TemporaryFolder folder;
  const auto has_grid = [&](std::int8_t number, std::int8_t zero) {
    OnnxModel model;
    model.input("x", {1, 1, 3}).output("y");
    constant<std::int8_t>(model, "w_q", {2, 1, 1}, {number, 5});
    constant<float>(model, "w_scale", {}, {0.5F});
    constant<std::int8_t>(model, "w_zero", {}, {zero});
    put(model, "DequantizeLinear", "w_q", "w", "w");
    model.node("Conv", {"x", "w"}, {"y"});
    const Graph graph = read(model.write(folder));
    const Node& conv = only(graph, "conv");
    CHECK(graph.param(conv, Slot::weight)->to_vector<double>()[0] == 0.5 * (number - zero));
    return has_weight_scale(conv.op);
  };
  CHECK(has_grid(-127, 0));
  CHECK_FALSE(has_grid(-128, 0));
  CHECK(has_grid(-128, -1));
  CHECK_FALSE(has_grid(100, -28));
}

TEST_CASE("grids are written as others recognise them, and read again as they were") {
  const TemporaryFolder folder;
  for (const bool pairs : {true, false}) {
    const Graph graph = read((pairs ? in_pairs() : in_integers()).write(folder));
    save_onnx(folder / "out.onnx", graph, infer_types(graph));
    check_same(graph, read(folder / "out.onnx"));
  }
  const Graph graph = read(in_pairs().write(folder));
  save_onnx(folder / "out.onnx", graph, infer_types(graph));
  const onnx::ModelProto written = parsed(folder / "out.onnx");
  CHECK(written.opset_import(0).version() >= 13);
  for (const onnx::NodeProto& node : written.graph().node()) {
    CAPTURE(node.op_type());
    if (node.op_type() != "Conv" && node.op_type() != "MaxPool" && node.op_type() != "Gemm") continue;
    // Every input is a DequantizeLinear's.
    for (const std::string& input : node.input()) {
      REQUIRE(maker(written, input) != nullptr);
      CHECK(maker(written, input)->op_type() == "DequantizeLinear");
    }
    if (node.op_type() != "Conv") continue;
    const onnx::TensorProto* weight = initializer(written, maker(written, node.input(1))->input(0));
    const onnx::TensorProto* bias = initializer(written, maker(written, node.input(2))->input(0));
    REQUIRE(weight != nullptr);
    REQUIRE(bias != nullptr);
    CHECK(weight->data_type() == onnx::TensorProto::INT8);
    CHECK(bias->data_type() == onnx::TensorProto::INT32);
    std::int32_t numbers[3];
    REQUIRE(bias->raw_data().size() == sizeof numbers);
    std::memcpy(numbers, bias->raw_data().data(), sizeof numbers);
    CHECK(numbers[0] == 1000);
    CHECK(numbers[2] == 2500);
  }
}

TEST_CASE("what only moves is put on its grid again, but for ReLUs") {
  const TemporaryFolder folder;
  for (const bool others : {false, true}) {
    GraphBuilder builder(3, DType::f32);
    const FakeQuantize grid{DType::u8, 0.1, 128};
    const ValueId x = builder.add(grid, {builder.input({1, 2, 4, 4})});
    const ValueId joined = builder.concat({x, x});
    builder.output(builder.add(FakeQuantize{DType::u8, 0.05, 0}, {builder.relu(joined)}));
    if (others) builder.output(builder.pool(PoolKind::max, joined, 2, 2), "pooled");
    save_onnx(folder / "out.onnx", builder.graph, infer_types(builder.graph));
    const onnx::ModelProto written = parsed(folder / "out.onnx");
    std::size_t relus = 0;
    for (const onnx::NodeProto& node : written.graph().node()) {
      if (node.op_type() != "Relu") continue;
      ++relus;
      CHECK(maker(written, node.input(0))->op_type() == (others ? "DequantizeLinear" : "Concat"));
    }
    CHECK(relus == 1);
    CHECK(ops_in(read(folder / "out.onnx")) == ops_in(builder.graph));
  }
}

TEST_CASE("a bias that 32 bits do not hold is told with what must be larger") {
  const TemporaryFolder folder;
  GraphBuilder builder(3, DType::f32);
  const ValueId x = builder.add(FakeQuantize{DType::u8, 1e-3, 0}, {builder.input({1, 2, 4, 4})});
  Conv op;
  op.out = 2, op.kernel = 1, op.bias = true;
  const ValueId y = builder.add(op, {x}, "narrow");
  builder.output(y);
  builder.set(y, Slot::bias, {0.5, 3e3});
  const NodeId id = builder.graph.value(y).producer;
  const Tensor numbers = Tensor::of<std::int8_t>({2, 2, 1, 1}, {127, -3, 5, 1});
  set_grid_weights(builder.graph, id, {numbers, Tensor::of<float>({2}, {0.01F, 1e-6F})});
  const std::string said =
      input_error([&] { save_onnx(folder / "out.onnx", builder.graph, infer_types(builder.graph)); });
  CAPTURE(said);
  CHECK(said.find("narrow") != std::string::npos);
  CHECK(said.find("bias[1] is 2999999") != std::string::npos);
  CHECK(said.find("weight_scale[1] must be larger") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "out.onnx"));
}
