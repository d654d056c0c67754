// What the method `optimal` reaches in published structures, and that the answers stay the same.
#include "tests/folding/check.hpp"
#include "tests/folding/nets.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

FoldOptions optimal(Activations activations) {
  FoldOptions options;
  options.method = Method::optimal;
  options.activations = activations;
  options.objective = Objective::count;
  options.borders = false;
  return options;
}

struct Row {
  int depth;
  std::size_t folded;
};

void expect(const Graph& graph, Activations activations, std::size_t folded) {
  CAPTURE(name_of(activations));
  const Outcome outcome = fold_with(graph, optimal(activations));
  for (const FoldedNorm& norm : outcome.report.norms) {
    INFO(norm.name << ": " << norm.reason);
    CHECK(norm.blocker != Blocker::self_check);
    CHECK(norm.folded == (outcome.folded.find(norm.name) == none));
  }
  CHECK(outcome.report.folded() == folded);
  CHECK(outcome.report.proved);
  CHECK(outcome.error < 1e-12);
}

}  // namespace

TEST_CASE("pre-activation ResNets of Keras: clamps fold every norm at any sign, literal ReLUs at positive gamma") {
  for (const Row& row : {Row{20, 19}, {56, 55}, {110, 109}, {164, 163}}) {
    CAPTURE(row.depth);
    expect(keras_resnet_v2(row.depth), Activations::clamp, row.folded);
    expect(keras_resnet_v2(row.depth, true), Activations::literal, row.folded);
  }
}

TEST_CASE("pre-activation ResNets with literal ReLUs and gamma of both signs keep one group of signs per stage") {
  for (const Row& row : {Row{20, 16}, {56, 40}, {110, 76}, {164, 112}}) {
    CAPTURE(row.depth);
    expect(keras_resnet_v2(row.depth), Activations::literal, row.folded);
  }
}

TEST_CASE("ResNet50V2: 49 of 49 with clamps; with literal ReLUs the scalar padding of its stem costs one") {
  expect(resnet50_v2(false), Activations::clamp, 49);
  expect(resnet50_v2(true), Activations::literal, 48);
  expect(resnet50_v2(true, true), Activations::literal, 49);
}

TEST_CASE("DenseNet-121: 121 of 121 with clamps; 62 with literal ReLUs") {
  expect(densenet121(), Activations::clamp, 121);
  expect(densenet121(), Activations::literal, 62);
  expect(densenet121(true), Activations::literal, 62);
}

TEST_CASE("nets whose norms stand behind convs fold whole either way") {
  for (const Activations activations : {Activations::literal, Activations::clamp}) {
    expect(keras_resnet_v1(20), activations, 19);
    expect(keras_resnet_v1(56), activations, 55);
    expect(mobilenet(), activations, 27);
    expect(resnet50(), activations, 53);
    expect(figure2('a'), activations, 3);
    expect(figure2('c'), activations, 1);
    expect(figure4('a'), activations, 1);
  }
}

TEST_CASE("the paper's toy nets: clamps fold what stands between two activations, and figure 4 b") {
  expect(figure2('b'), Activations::clamp, 3);
  expect(figure4('b'), Activations::clamp, 0);  // its stream is a graph output behind a ReLU: pinned on both sides
}

TEST_CASE("in float32 a network without any batch norm answers to 1e-5") {
  for (Graph graph : std::vector{keras_resnet_v2(56), densenet121(), resnet50_v2(false)}) {
    for (Param& param : graph.params) param.value = param.value.as(DType::f32);
    const Outcome outcome = fold_with(graph, optimal(Activations::clamp));
    REQUIRE(outcome.report.folded() == outcome.report.norms.size());
    const auto inputs = random_inputs(graph);
    const auto expected = reference::outputs<double>(graph, inputs).at("logits").to_vector<double>();
    const auto actual = reference::outputs<float>(outcome.folded, inputs).at("logits").to_vector<double>();
    double largest = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(actual[i] - expected[i]) < 1e-5 * largest);
  }
}
