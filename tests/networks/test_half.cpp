// Networks of half precision: what outgrows it by folding, in the report and in files.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include "banoff/model.hpp"
#include "runtime/graph/half_precision.hpp"
#include "tests/files.hpp"
#include "tests/networks/network_writer.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Norm {
  std::vector<double> gamma, beta, mean, var;
  bool wide = false;  ///< mean and var in float32
};

std::vector<double> values(std::int64_t count, double scale) {
  std::vector<double> result;
  for (std::int64_t i = 0; i < count; ++i)
    result.push_back(scale * (0.3 + 0.1 * static_cast<double>(i * 7 % 11) - 0.8));
  return result;
}

/// A convolution of 3 channels to 2 with weights about `scale`, and a norm.
onnx::ModelProto conv_norm(NetworkFloat type, double scale, const Norm& norm) {
  NetworkWriter net(type, 15);
  const NetworkValue x = net.input("x", {1, 3, 5, 5}, false);
  const NetworkValue y = net.node("Conv", {x.name, net.constant({2, 3, 3, 3}, values(54, scale))}, {1, 2, 3, 3});
  const std::string gamma = net.constant({2}, norm.gamma), beta = net.constant({2}, norm.beta);
  const std::string mean = norm.wide ? net.constant32({2}, norm.mean) : net.constant({2}, norm.mean);
  const std::string var = norm.wide ? net.constant32({2}, norm.var) : net.constant({2}, norm.var);
  const NetworkValue z = net.node("BatchNormalization", {y.name, gamma, beta, mean, var}, y.shape);
  net.output(net.node("Relu", {z.name}, z.shape));
  return net.model();
}

onnx::ModelProto read(const std::filesystem::path& file) {
  onnx::ModelProto model;
  std::ifstream stream(file, std::ios::binary);
  REQUIRE(model.ParseFromIstream(&stream));
  return model;
}

std::filesystem::path write(const TemporaryFolder& folder, const onnx::ModelProto& model) {
  return folder.write("made.onnx", model.SerializeAsString());
}

std::size_t count(const onnx::ModelProto& model, const std::string& op) {
  return static_cast<std::size_t>(
      std::ranges::count(model.graph().node(), op, [](const onnx::NodeProto& node) { return node.op_type(); }));
}

/// Inputs about `size`, so that answers fit half precision where weights do not.
Tensors inputs_of(const Model& model, double size) {
  Tensors inputs = model.random_inputs(3);
  for (auto& [name, tensor] : inputs) {
    std::vector<double> numbers = tensor.to_vector<double>();
    for (double& number : numbers) number *= size;
    tensor = Tensor::of<double>(tensor.shape(), std::move(numbers)).as(tensor.dtype());
  }
  return inputs;
}

/// The written file has the original's types and answers, finite numbers, and so many casts.
void check_written(const Model& original, const Model& made, const std::filesystem::path& file, std::size_t casts,
                   std::int32_t type, double input = 1) {
  made.save(file);
  const onnx::ModelProto model = read(file);
  CHECK(count(model, "Cast") == casts);
  CHECK(model.graph().input(0).type().tensor_type().elem_type() == type);
  CHECK(model.graph().output(0).type().tensor_type().elem_type() == type);
  std::set<std::string> names;
  for (const onnx::NodeProto& node : model.graph().node()) CHECK(names.insert(node.name()).second);
  const Tensors x = inputs_of(original, input);
  for (const OutputError& error : compare(original.reference(x), Model::load(file).reference(x))) {
    CHECK(error.max_relative_error < (type == onnx::TensorProto::FLOAT16 ? 4e-3 : 3e-2));
  }
}

std::pair<Model, FoldReport> folded(const Model& model) { return model.fold({}); }

}  // namespace

TEST_CASE("folded weights beyond half's range are written in float32 between casts, and the report says so") {
  const TemporaryFolder folder;
  const Norm norm{{300, -400}, {0.5, 1}, {0.1, 0.2}, {0.01, 0.001}};
  const Model model = Model::load(write(folder, conv_norm(NetworkFloat::f16, 20, norm)));
  check_written(model, model, folder / "unfolded.onnx", 0, onnx::TensorProto::FLOAT16, 0.01);
  const auto [made, report] = folded(model);
  CHECK(report.folded() == 1);
  REQUIRE(report.widened.size() == 1);
  CHECK(report.widened[0] == report.norms[0].into.at(0));
  check_written(model, made, folder / "folded.onnx", 2, onnx::TensorProto::FLOAT16, 0.01);
  made.save(folder / "folded.yaml");
  const Tensors x = model.random_inputs(3);
  CHECK(compare(model.reference(x), Model::load(folder / "folded.yaml").reference(x)).at(0).max_relative_error < 1e-6);
}

TEST_CASE("folded weights that half can hold stay there, and bfloat16 holds all of them") {
  const TemporaryFolder folder;
  const Norm small{{1.5, -0.7}, {0.5, 1}, {0.1, 0.2}, {1, 2}};
  const Model model = Model::load(write(folder, conv_norm(NetworkFloat::f16, 1, small)));
  const auto [made, report] = folded(model);
  CHECK(report.folded() == 1);
  CHECK(report.widened.empty());
  check_written(model, made, folder / "folded.onnx", 0, onnx::TensorProto::FLOAT16);
  const Norm large{{300, -400}, {0.5, 1}, {0.1, 0.2}, {0.01, 0.001}};
  const Model brain = Model::load(write(folder, conv_norm(NetworkFloat::bf16, 20, large)));
  const auto [brain_made, brain_report] = folded(brain);
  CHECK(brain_report.folded() == 1);
  CHECK(brain_report.widened.empty());
  check_written(brain, brain_made, folder / "brain.onnx", 0, onnx::TensorProto::BFLOAT16);
}

TEST_CASE("a channel whose folded weights are subnormal in half keeps its digits") {
  const TemporaryFolder folder;
  // The second channel is small, but all that its output has.
  const Norm norm{{1, 1}, {0, 0}, {0, 0}, {1, 6e4}};
  const Model model = Model::load(write(folder, conv_norm(NetworkFloat::f16, 1e-3, norm)));
  const auto [made, report] = folded(model);
  CHECK(report.folded() == 1);
  CHECK(report.widened.size() == 1);
  check_written(model, made, folder / "folded.onnx", 2, onnx::TensorProto::FLOAT16, 1000);
  const Tensors x = inputs_of(model, 1000);
  const std::vector<double> expected = model.reference(x).begin()->second.to_vector<double>();
  const std::vector<double> actual =
      Model::load(folder / "folded.onnx").reference(x).begin()->second.to_vector<double>();
  double off = 0, size = 0;
  for (std::size_t i = 9; i < 18; ++i)
    off = std::max(off, std::abs(actual[i] - expected[i])), size = std::max(size, expected[i]);
  CHECK(size > 0);
  CHECK(off < 1e-3 * size);
}

TEST_CASE("statistics of float32 beyond half's range, or precision, are not rounded into it") {
  const TemporaryFolder folder;
  for (const Norm& norm :
       {Norm{{1.5, -2}, {0.5, 1}, {0.1, 2e5}, {1, 1e10}, true}, Norm{{1.5, -2}, {0.5, 1}, {1e-4, 1}, {1e-9, 3}, true},
        Norm{{1.5, -2}, {0.5, 1}, {1000.3, 1}, {1e-2, 3}, true}}) {
    const Model model = Model::load(write(folder, conv_norm(NetworkFloat::f16, 1, norm)));
    check_written(model, model, folder / "unfolded.onnx", 2, onnx::TensorProto::FLOAT16);
  }
  const Norm norm{{1.5, -2}, {0.5, 1}, {0.1, 0.3}, {1, 2}, true};
  const Model model = Model::load(write(folder, conv_norm(NetworkFloat::f16, 1, norm)));
  check_written(model, model, folder / "unfolded.onnx", 0, onnx::TensorProto::FLOAT16);
}

TEST_CASE("a constant that a fold would make infinite in half keeps the norm") {
  const TemporaryFolder folder;
  NetworkWriter net(NetworkFloat::f16, 15);
  const NetworkValue x = net.input("x", {1, 2, 4, 4}, false);
  const NetworkValue y = net.node("Conv", {x.name, net.constant({2, 2, 1, 1}, values(4, 1))}, x.shape);
  const NetworkValue sum = net.node("Add", {y.name, net.constant({1, 2, 4, 4}, values(32, 5000))}, x.shape);
  const std::string gamma = net.constant({2}, {60, 1}), beta = net.constant({2}, {0, 0});
  const std::string mean = net.constant({2}, {0, 0}), var = net.constant({2}, {0.5, 1});
  net.output(
      net.node("Relu", {net.node("BatchNormalization", {sum.name, gamma, beta, mean, var}, x.shape).name}, x.shape));
  const Model model = Model::load(write(folder, net.model()));
  for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
    CAPTURE(name_of(method));
    FoldOptions options;
    options.method = method;
    const auto [made, report] = model.fold(options);
    REQUIRE(report.folded() == 0);
    if (method != Method::naive) CHECK(report.norms[0].blocker == Blocker::amplification);
    if (method != Method::naive) CHECK(report.norms[0].reason.find("f16") != std::string::npos);
  }
}

TEST_CASE("what fits half: no overflow, and no channel lost among subnormal numbers") {
  const auto fits_as = [](const Op& op, Slot slot, const Shape& shape, std::vector<double> numbers, DType type) {
    Graph graph;
    Node node;
    node.op = op;
    node.params.emplace_back(slot, graph.add_param("p", Tensor::of<double>(shape, std::move(numbers)).as(DType::f32)));
    graph.add_node(node);
    return fits(graph, graph.nodes[0], slot, type);
  };
  Conv conv;
  conv.out = 2;
  const Slot weight = Slot::weight;
  CHECK(fits_as(conv, weight, {2, 2, 1, 1}, {1, 1e-9, -65504, 3}, DType::f16));
  CHECK(!fits_as(conv, weight, {2, 2, 1, 1}, {1, 2, 65600, 3}, DType::f16));
  CHECK(!fits_as(conv, weight, {2, 2, 1, 1}, {1, 2, 1e-6, 3.3e-6}, DType::f16));
  CHECK(fits_as(conv, weight, {2, 2, 1, 1}, {1, 2, 0, 0}, DType::f16));
  CHECK(fits_as(conv, weight, {2, 2, 1, 1}, {1, 2, 1e-6, 3.3e30}, DType::bf16));
  ConvTranspose transposed;
  transposed.groups = 2;
  // Inputs 0 and 1 by outputs 0, 1 of group 0, and so on: the first output is small in both of its rows.
  CHECK(!fits_as(transposed, weight, {4, 2, 1, 1}, {1e-6, 1, 1.3e-6, 1, 1, 1, 1, 1}, DType::f16));
  CHECK(fits_as(transposed, weight, {4, 2, 1, 1}, {1e-6, 1, 1, 1, 1, 1, 1, 1e-6}, DType::f16));
  CHECK(fits_as(Clamp{1, true, false}, Slot::lower, {2}, {-INFINITY, 1}, DType::f16));
  CHECK(!fits_as(Clamp{1, true, false}, Slot::lower, {2}, {-1e6, 1}, DType::f16));
}

TEST_CASE("offsets that half precision would lose values in are given up, and kept in float32") {
  const TemporaryFolder folder;
  for (const bool clip : {false, true}) {
    for (const NetworkFloat type : {NetworkFloat::f16, NetworkFloat::f32}) {
      CAPTURE(clip);
      CAPTURE(type == NetworkFloat::f16);
      NetworkWriter net(type, 15);
      const NetworkValue x = net.input("x", {1, 2, 4, 4}, false);
      const NetworkValue y = net.node("Relu", {x.name}, x.shape);
      // Far from zero before the norm; or near it, and all but a little of it clipped behind the norm.
      const std::string gamma = net.constant({2}, clip ? std::vector<double>{168, -70} : std::vector<double>{-1, 1.3});
      const std::string beta = net.constant({2}, {-1, 0.5}), var = net.constant({2}, {3, 0.6});
      const std::string mean = net.constant({2}, clip ? std::vector<double>{0.2, 0.3} : std::vector<double>{20, 22});
      const NetworkValue z = net.node("BatchNormalization", {y.name, gamma, beta, mean, var}, x.shape);
      const NetworkValue cut = clip ? net.node("Clip", {z.name, net.constant({}, {-1}), net.constant({}, {2})}, x.shape)
                                    : net.node("Relu", {z.name}, x.shape);
      net.output(net.node("Conv", {cut.name, net.constant({2, 2, 1, 1}, values(4, 1))}, x.shape));
      FoldOptions options;
      options.activations = Activations::clamp;
      const Model model = Model::load(write(folder, net.model()));
      const auto [made, report] = model.fold(options);
      CHECK(report.folded() == (type == NetworkFloat::f16 ? 0 : 1));
      if (type == NetworkFloat::f16) CHECK(report.norms[0].blocker == Blocker::amplification);
    }
  }
}
