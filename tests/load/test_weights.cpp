#include "support.hpp"

#include <cmath>
#include <limits>

using namespace banoff;
using namespace banoff::test;

namespace {

const std::string net = R"(inputs: {x: [N, 2, 4, 4]}
nodes:
  - conv: {op: conv, out: 3, kernel: 1}
  - bn: batch_norm
)";

Tensor filled(Shape shape, float value) {
  return Tensor::of<float>(shape, std::vector<float>(static_cast<std::size_t>(shape.elements()), value));
}

/// Weights that fit `net`: gamma of both signs, means and variances far from the identity.
std::map<std::string, Tensor> good() {
  return {{"conv.weight", filled({3, 2, 1, 1}, 0.5F)},
          {"bn.weight", Tensor::of<float>({3}, {1.5F, -0.7F, 0.4F})},
          {"bn.bias", Tensor::of<float>({3}, {-2, 0.3F, 5})},
          {"bn.running_mean", Tensor::of<float>({3}, {10, -4, 0.1F})},
          {"bn.running_var", Tensor::of<float>({3}, {0.02F, 1, 3})}};
}

struct Files {
  TemporaryFolder folder;
  std::filesystem::path yaml = folder / "net.yaml";
  Files(const std::string& text, const std::map<std::string, Tensor>& tensors) {
    write(yaml, text);
    write_safetensors(folder / "net.safetensors", tensors);
  }
  LoadedModel load() const { return load_model(yaml); }
  std::string error() const {
    return bad_input([&] { (void)load(); });
  }
};

}  // namespace

TEST_CASE("weights are found beside the model file and mapped") {
  auto tensors = good();
  tensors["bn.num_batches_tracked"] = Tensor::of<std::int64_t>({}, {7});
  const Files files(net, tensors);
  const LoadedModel model = files.load();
  const Graph& g = model.graph;
  CHECK(g.param(g.node(1), Slot::mean)->to_vector<float>() == std::vector<float>{10, -4, 0.1F});
  CHECK(model.manifest.weights.filename() == "net.safetensors");
}

TEST_CASE("half types stay as they are stored") {
  auto tensors = good();
  tensors["conv.weight"] = tensors["conv.weight"].as(DType::bf16);
  const LoadedModel model = Files(net, tensors).load();
  CHECK(model.graph.param(model.graph.node(0), Slot::weight)->dtype() == DType::bf16);
}

TEST_CASE("a constant's value is found under its node's name alone as well") {
  const std::string text = R"(inputs: {x: [N, 2, 4, 4]}
nodes:
  - unit:
      - layer_scale: {op: constant, shape: [2, 1, 1]}
      - scaled: {op: mul, from: [layer_scale, x]}
)";
  const std::map<std::string, Tensor> bare{{"unit.layer_scale", Tensor::of<float>({2, 1, 1}, {-3, 0.5F})}};
  const LoadedModel model = Files(text, bare).load();
  CHECK(model.graph.param(model.graph.node(0), Slot::value)->to_vector<float>() == std::vector<float>{-3, 0.5F});
  auto both = bare;
  both["unit.layer_scale.value"] = filled({2, 1, 1}, 1);
  CHECK_MESSAGE_HAS(Files(text, both).error(), "'unit.layer_scale' (2x1x1) is used by no node");
}

TEST_CASE("missing, misshapen, mistyped and unused tensors are all told at once") {
  auto tensors = good();
  tensors.erase("bn.bias");
  tensors["bn.beta"] = filled({3}, 1);
  tensors["conv.weight"] = filled({3, 4, 1, 1}, 1);
  tensors["bn.weight"] = Tensor::of<std::int32_t>({3}, {1, 2, 3});
  CHECK_MESSAGE_HAS(Files(net, tensors).error(), "net.safetensors", "4 problems",
                    "net.yaml:3: conv 'conv': 'conv.weight' is 3x4x1x1, expected 3x2x1x1",
                    "net.yaml:4: batch_norm 'bn': 'bn.bias' (3) is missing",
                    "'bn.weight' is i32, expected a float type", "'bn.beta' (3) is used by no node");
}

TEST_CASE("tensors that the model file says are of no concern may be there, and no others") {
  auto tensors = good();
  tensors["AuxLogits.conv.weight"] = filled({3, 3}, 1);
  tensors["head.bias"] = filled({3}, 1);
  CHECK_NOTHROW((void)Files("ignore: [AuxLogits., head.]\n" + net, tensors).load());
  const std::string error = Files("ignore: AuxLogits.\n" + net, tensors).error();
  CHECK_MESSAGE_HAS(error, "'head.bias' (3) is used by no node");
  CHECK(error.find("AuxLogits") == std::string::npos);
  CHECK_MESSAGE_HAS(Files("ignore: [3]\n" + net, good()).error(), "net.yaml:1: ignore: expected how names");
}

TEST_CASE("a missing tensor's message suggests the nearest unused name") {
  auto tensors = good();
  tensors["bn.running_vra"] = tensors["bn.running_var"];
  tensors.erase("bn.running_var");
  CHECK_MESSAGE_HAS(Files(net, tensors).error(),
                    "'bn.running_var' (3) is missing; the nearest name is 'bn.running_vra'");
}

TEST_CASE("a long list of problems is cut") {
  std::string text = "inputs: {x: [1, 2, 4, 4]}\nnodes:\n";
  for (int i = 0; i < 30; ++i) text += fmt::format("  - c{}: {{op: conv, out: 2, kernel: 1}}\n", i);
  CHECK_MESSAGE_HAS(Files(text, {{"z", filled({1}, 1)}}).error(), "31 problems", "… and 11 more");
}

TEST_CASE("NaN and a negative variance are refused with the node's line") {
  auto tensors = good();
  tensors["bn.running_var"] = Tensor::of<float>({3}, {1, -1, 1});
  CHECK_MESSAGE_HAS(Files(net, tensors).error(), "net.yaml:4: batch_norm 'bn'", "negative");
  tensors["bn.running_var"] = Tensor::of<float>({3}, {1, 1, std::numeric_limits<float>::quiet_NaN()});
  CHECK_MESSAGE_HAS(Files(net, tensors).error(), "net.yaml:4: batch_norm 'bn'", "finite");
}

TEST_CASE("a clamp's bounds are in order and at least one of them is there") {
  const std::string clamped = "inputs: {x: [N, 2, 4, 4]}\nnodes:\n  - hold: clamp\n";
  const Tensor upper = Tensor::of<float>({2}, {1, -0.5F});
  const Graph graph =
      Files(clamped, {{"hold.lower", Tensor::of<float>({2}, {1, -3})}, {"hold.upper", upper}}).load().graph;
  CHECK(graph.param(graph.node(0), Slot::upper)->to_vector<float>() == std::vector<float>{1, -0.5F});
  CHECK_MESSAGE_HAS(Files(clamped, {{"hold.lower", filled({2}, 0)}, {"hold.upper", upper}}).error(),
                    "net.yaml:3: clamp 'hold': lower[1] is 0, which is above upper[1] = -0.5");
  CHECK_MESSAGE_HAS(Files(clamped, {{"hold.upper", upper}}).error(), "'hold.lower' (2) is missing");
  const std::string unbounded = "inputs: {x: [N, 2]}\nnodes:\n  - hold: {op: clamp, lower: false, upper: false}\n";
  CHECK_MESSAGE_HAS(parse_error(unbounded), "net.yaml:3: clamp 'hold'", "at least one bound");
}

TEST_CASE("a missing weights file names itself") {
  const TemporaryFolder folder;
  write(folder / "net.yaml", net);
  CHECK_MESSAGE_HAS(bad_input([&] { (void)load_model(folder / "net.yaml"); }), "net.safetensors", "cannot be opened");
  CHECK_MESSAGE_HAS(bad_input([&] { (void)load_model(folder / "no.yaml"); }), "no.yaml", "no such file");
  CHECK_MESSAGE_HAS(bad_input([&] { (void)load_model(folder.path()); }), "not a regular file");
}

TEST_CASE("weight norm is resolved under both of PyTorch's names") {
  // |v| of the rows: 5 and 13.
  const Tensor v = Tensor::of<float>({3, 2, 1, 1}, {3, 4, 5, 12, 0, 2});
  const Tensor g = Tensor::of<float>({3, 1, 1, 1}, {10, -13, 4});
  for (const bool modern : {false, true}) {
    auto tensors = good();
    tensors.erase("conv.weight");
    tensors[modern ? "conv.parametrizations.weight.original0" : "conv.weight_g"] = g;
    tensors[modern ? "conv.parametrizations.weight.original1" : "conv.weight_v"] = v;
    const Graph graph = Files(net, tensors).load().graph;
    const auto weight = graph.param(graph.node(0), Slot::weight)->to_vector<double>();
    const std::vector<double> expected{6, 8, -5, -12, 0, 4};
    REQUIRE(weight.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(weight[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  }
  auto tensors = good();
  tensors.erase("conv.weight");
  tensors["conv.weight_g"] = Tensor::of<float>({2}, {1, 2});
  tensors["conv.weight_v"] = v;
  CHECK_MESSAGE_HAS(Files(net, tensors).error(), "net.safetensors", "conv.weight", "2");
}

TEST_CASE("weight standardisation is applied once, and the attribute is gone") {
  std::string text = net;
  text.replace(text.find("kernel: 1"), 9, "kernel: 1, weight_standardization: 0.5");
  auto tensors = good();
  tensors["conv.weight"] = Tensor::of<float>({3, 2, 1, 1}, {1, 3, -2, 2, 7, 7});
  const Graph graph = Files(text, tensors).load().graph;
  CHECK_FALSE(graph.node(0).as<Conv>()->weight_standardization.has_value());
  const auto weight = graph.param(graph.node(0), Slot::weight)->to_vector<double>();
  // Row means 2, 0, 7 and variances 1, 4, 0.
  const std::vector<double> expected{
      -1 / std::sqrt(1.5), 1 / std::sqrt(1.5), -2 / std::sqrt(4.5), 2 / std::sqrt(4.5), 0, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(weight[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

TEST_CASE("weights on a grid are stored as whole numbers beside their scale, and read as what they stand for") {
  const std::string text = R"(inputs: {x: [N, 2, 4, 4]}
nodes:
  - conv: {op: conv, out: 3, kernel: 1, weight_scale: true}
  - dense: {op: dense, out: 2, weight_scale: true}
)";
  std::map<std::string, Tensor> tensors{
      {"conv.weight", Tensor::of<std::int8_t>({3, 2, 1, 1}, {127, -127, 3, 0, -8, 1})},
      {"conv.weight_scale", Tensor::of<float>({3}, {0.5F, 0.1F, 3})},
      {"dense.weight", Tensor::of<float>({2, 4}, {0.5F, -1, 0, 63.5F, 0.2F, 0.2F, -0.2F, 0})},
      {"dense.weight_scale", Tensor::of<float>({2}, {0.5F, 0.2F})},
      {"dense.bias", Tensor::of<float>({2}, {1, -3})}};
  const LoadedModel model = Files(text, tensors).load();
  const Graph& g = model.graph;
  CHECK(g.param(g.node(0), Slot::weight)->to_vector<float>() == std::vector<float>{63.5F, -63.5F, 3 * 0.1F, 0, -24, 3});
  const TemporaryFolder folder;
  save_model(folder / "flat.yaml", g, model.manifest);
  const auto saved = read_safetensors(folder / "flat.safetensors");
  CHECK(saved.at("conv.weight").dtype() == DType::i8);
  CHECK(saved.at("conv.weight").to_vector<int>() == std::vector<int>{127, -127, 3, 0, -8, 1});
  CHECK(saved.at("dense.weight").to_vector<int>() == std::vector<int>{1, -2, 0, 127, 1, 1, -1, 0});
  const Graph back = load_model(folder / "flat.yaml").graph;
  for (const std::size_t n : {0U, 1U})
    CHECK(back.param(back.nodes[n], Slot::weight)->to_vector<float>() ==
          g.param(g.nodes[n], Slot::weight)->to_vector<float>());

  auto wrong = tensors;
  wrong["dense.weight"] = Tensor::of<float>({2, 4}, {0.5F, -1, 0.3F, 0, 0.2F, 0.2F, -0.2F, 0});
  CHECK_MESSAGE_HAS(Files(text, wrong).error(), "dense", "weight[2] is 0.3",
                    "expected a multiple of weight_scale[0] = 0.5");
  wrong = tensors;
  wrong["conv.weight_scale"] = Tensor::of<float>({3}, {0.5F, 0, 3});
  CHECK_MESSAGE_HAS(Files(text, wrong).error(), "conv", "weight_scale[1] is 0, expected a positive number");
  wrong = tensors;
  wrong["conv.weight"] = Tensor::of<std::int8_t>({3, 2, 1, 1}, {-128, 1, 3, 0, -8, 1});
  CHECK_MESSAGE_HAS(Files(text, wrong).error(), "conv",
                    "weight[0] is -128 times weight_scale[0], expected at most 127");
  auto without = good();
  without["conv.weight"] = tensors["conv.weight"];
  CHECK_MESSAGE_HAS(Files(net, without).error(), "net.yaml:3: conv 'conv': 'conv.weight' is i8, expected a float type",
                    "whole numbers need weight_scale: true and 'conv.weight_scale'");
}
