// What nodes compute from constants alone is computed once, at load; what multiplies by the result folds.
#include <fstream>

#include "runtime/load/load.hpp"
#include "support.hpp"
#include "tests/files.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

// Two batch-normed convolutions fused with weights w / (sum of w + 0.0001), w = relu of a parameter.
const std::string text = R"(inputs: {x: [1, 3, 6, 5]}
nodes:
  - a: {op: conv, from: x, out: 4, kernel: 3, padding: 1}
  - bn_a: batch_norm
  - b: {op: conv, from: x, out: 4, kernel: 1}
  - bn_b: batch_norm
  - edge_weights: {op: constant, shape: [2]}
  - positive: relu
  - each: {op: split, axis: 0, parts: 2}
  - total: add
  - padded: {op: linear, beta: 1e-4}
  - parts: {op: div, from: [positive, padded]}
  - part: {op: split, axis: 0, parts: 2}
  - first: {op: mul, from: [bn_a, "part[0]"]}
  - second: {op: mul, from: [bn_b, "part[1]"]}
  - sum: {op: add, from: [first, second]}
outputs: {y: sum}
)";

Tensor drawn(const Shape& shape, double from, double to, std::uint64_t seed) {
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  for (double& value : values) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    value = from + (to - from) * static_cast<double>(seed >> 40U) / static_cast<double>(1U << 24U);
  }
  return Tensor::of<double>(shape, values).as(DType::f32);
}

Model load(const TemporaryFolder& folder, const std::vector<float>& edges) {
  std::ofstream(folder / "net.yaml") << text;
  std::map<std::string, Tensor> weights{{"a.weight", drawn({4, 3, 3, 3}, -1, 1, 1)},
                                        {"b.weight", drawn({4, 3, 1, 1}, -1, 1, 2)},
                                        {"edge_weights", Tensor::of<float>({2}, edges)}};
  for (const std::string norm : {"bn_a", "bn_b"}) {
    const std::uint64_t seed = norm == "bn_a" ? 10 : 20;
    weights[norm + ".weight"] = Tensor::of<float>({4}, {1.5F, -0.6F, 0.7F, -1.1F});
    weights[norm + ".bias"] = drawn({4}, -1, 1, seed);
    weights[norm + ".running_mean"] = drawn({4}, -3, 3, seed + 1);
    weights[norm + ".running_var"] = drawn({4}, 0.02, 2, seed + 2);
  }
  write_safetensors(folder / "net.safetensors", weights);
  return Model::load(folder / "net.yaml");
}

}  // namespace

TEST_CASE("nodes that read constants alone become constants when the network is loaded") {
  const TemporaryFolder folder;
  const Model model = load(folder, {0.5F, 1.5F});
  CHECK(ops_of(model) == std::vector<std::string>{"conv", "batch_norm", "conv", "batch_norm", "constant", "constant",
                                                  "mul", "mul", "add"});
  const Tensors inputs = model.random_inputs(3);
  const Model both = model.with_outputs({"bn_a", "bn_b"});
  const Tensors values = both.reference(inputs);
  const std::vector<double> a = values.at("bn_a").to_vector<double>();
  const std::vector<double> b = values.at("bn_b").to_vector<double>();
  const std::vector<double> y = values.at("y").to_vector<double>();
  for (std::size_t i = 0; i < y.size(); ++i) {
    CHECK(y[i] == doctest::Approx((0.5 * a[i] + 1.5 * b[i]) / 2.0001).epsilon(1e-6));
  }
}

TEST_CASE("a relu of a negative fusion weight leaves its operand out") {
  const TemporaryFolder folder;
  const Model model = load(folder, {-0.5F, 1.5F});
  const Tensors values = model.with_outputs({"bn_b"}).reference(model.random_inputs(3));
  const std::vector<double> b = values.at("bn_b").to_vector<double>();
  const std::vector<double> y = values.at("y").to_vector<double>();
  for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == doctest::Approx(1.5 * b[i] / 1.5001).epsilon(1e-6));
}

TEST_CASE("fusion weights fold away with the batch norms before them") {
  const TemporaryFolder folder;
  const Model model = load(folder, {0.5F, 1.5F});
  const Tensors inputs = model.random_inputs(3);
  const Model optimal = folded(model, Method::optimal);
  CHECK(ops_of(optimal) == std::vector<std::string>{"conv", "conv", "add"});
  CHECK(max_difference(optimal.reference(inputs).at("y"), model.reference(inputs).at("y")) < 1e-5);
}

TEST_CASE("an evaluated network is saved with its constants and loads again") {
  const TemporaryFolder folder;
  const Model model = load(folder, {0.5F, 1.5F});
  model.save(folder / "again.yaml");
  const Model again = Model::load(folder / "again.yaml");
  const Tensors inputs = model.random_inputs(3);
  CHECK(max_difference(again.reference(inputs).at("y"), model.reference(inputs).at("y")) == 0);
}
