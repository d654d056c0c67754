#include "support.hpp"
#include "tests/source_dir.hpp"

#include <chrono>
#include <cmath>

using namespace banoff;
using namespace banoff::test;

namespace {
const std::filesystem::path models = source_dir() / "configs/models";

std::vector<double> values(const Graph& g, const std::string& node, Slot slot) {
  return g.param(g.node(g.find(node)), slot)->to_vector<double>();
}

/// Deviation of a batch norm's output when a fresh batch passes through.
double worst_deviation(const Graph& graph, const Tensor& input) {
  const auto kept = reference::run<float>(graph, {{"image", input}}, [](ValueId) { return true; });
  double worst = 0;
  for (const Node& node : graph.nodes) {
    if (node.as<BatchNorm>() == nullptr) continue;
    double square = 0;
    const auto out = kept.at(node.outputs[0]).to_vector<double>();
    for (const double v : out) square += v * v / static_cast<double>(out.size());
    worst = std::max(worst, std::sqrt(square));
  }
  return worst;
}
}  // namespace

TEST_CASE("random weights are calibrated: activations stay near unit size on other inputs") {
  const Graph g = load_random(models / "cifar_resnet20.yaml", 1).graph;
  std::vector<float> pixels(2 * 3 * 32 * 32);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = std::sin(static_cast<float>(i * i % 9973));
  const double worst = worst_deviation(g, Tensor::of<float>({2, 3, 32, 32}, pixels));
  CHECK(worst > 0.3);
  CHECK(worst < 10);
}

TEST_CASE("random batch norms are far from the identity") {
  const Graph g = load_random(models / "resnet164_v2.yaml", 3).graph;
  const auto gamma = values(g, "bn_last", Slot::weight);
  const auto negative = std::count_if(gamma.begin(), gamma.end(), [](double v) { return v < 0; });
  CHECK(negative > 30);
  CHECK(negative < 100);
  for (const double v : gamma) CHECK((std::abs(v) >= 0.5 && std::abs(v) <= 1.5));
  const auto var = values(g, "bn_last", Slot::var);
  CHECK(*std::max_element(var.begin(), var.end()) > 1.5 * *std::min_element(var.begin(), var.end()));
  for (const double v : var) CHECK(v > 0);
}

TEST_CASE("the same seed gives the same weights, another seed others") {
  const auto weight = [](std::uint64_t seed) {
    return values(load_random(models / "cifar_resnet20.yaml", seed).graph, "layer3.2.bn2", Slot::mean);
  };
  CHECK(weight(7) == weight(7));
  CHECK(weight(7) != weight(8));
}

TEST_CASE("the generator's stream is fixed") {
  const Graph g = load_random(models / "cifar_resnet20.yaml", 42).graph;
  const auto first = values(g, "conv1", Slot::weight);
  const double bound = std::sqrt(6.0 / 27.0);
  double square = 0;
  for (const double v : first) {
    CHECK(std::abs(v) <= bound);
    square += v * v / static_cast<double>(first.size());
  }
  CHECK(std::sqrt(square) == doctest::Approx(std::sqrt(2.0 / 27.0)).epsilon(0.1));
}

TEST_CASE("random weights without an executor are a usage error") {
  WeightSource weights;
  weights.seed = 1;
  try {
    (void)load_model(models / "cifar_resnet20.yaml", weights);
    FAIL_CHECK("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
  }
}

TEST_CASE("random weights beyond the limit are refused before they are made") {
  const TemporaryFolder folder;
  write(folder / "big.yaml", "inputs: {x: [1, 100000]}\nnodes: [{d: {op: dense, out: 100000}}]\n");
  CHECK_MESSAGE_HAS(bad_input([&] { (void)load_random(folder / "big.yaml", 1); }), "10000100000 parameters");
}

TEST_CASE("a norm that only sees a fixed image size is calibrated at that size") {
  const TemporaryFolder folder;
  write(folder / "net.yaml", R"(inputs: {x: [N=1, 3, 96, 96]}
nodes:
  - conv: {op: conv, out: 4, kernel: 1}
  - reshape: {shape: [0, 4, 9216]}
  - bn: batch_norm
)");
  const Graph g = load_random(folder / "net.yaml", 1).graph;
  CHECK(values(g, "bn", Slot::var)[0] > 0.05);
}
