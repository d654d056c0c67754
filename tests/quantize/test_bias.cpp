// Biases make up for what the means lose.
#include "runtime/compress/quantize/bias.hpp"
#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;
using namespace banoff::quantize;

TEST_CASE("the loss of a mean is that of the weights on the mean of the input, zeros around it included") {
  GraphBuilder net(4, DType::f32);
  const ValueId x = net.input({1, 3, 5, 5}), y = net.conv(x, 4);
  net.output(y);
  const Node& layer = net.producer(y);
  const LayerWeights weights = weights_on_grid(net.graph, layer, 1, nullptr, WeightScales::tensor);
  const Inputs inputs = pictures({1, 3, 5, 5}, 1)[0];
  const std::vector<double> loss =
      expected_loss(net.graph, layer, weights.grid, inputs.at("image"), reference::compute<float>);
  Graph grid = net.graph;
  grid.set_param(grid.value(y).producer, Slot::weight, from_grid(weights.grid));
  const std::vector<double> before = channel_means({reference::outputs<double>(net.graph, inputs).at("out")});
  const std::vector<double> after = channel_means({reference::outputs<double>(grid, inputs).at("out")});
  for (std::size_t o = 0; o < loss.size(); ++o) CHECK(loss[o] == doctest::Approx(before[o] - after[o]).epsilon(1e-3));
}

namespace {

/// Coarse weights: all outputs share the scale of one that is a hundred times as large.
struct CoarseNet : SmallNet {
  CoarseNet() {
    for (const NodeId id : graph.live_ids()) {
      if (!graph.node(id).as<Conv>()) continue;
      std::vector<double> weights = graph.param(graph.node(id), Slot::weight)->to_vector<double>();
      const std::size_t each =
          weights.size() / static_cast<std::size_t>(graph.param(graph.node(id), Slot::weight)->shape()[0]);
      for (std::size_t i = 0; i < each; ++i) weights[i] *= 40;
      const Shape shape = graph.param(graph.node(id), Slot::weight)->shape();
      graph.set_param(id, Slot::weight, Tensor::of<double>(shape, weights).as(DType::f32));
    }
    calibrate_norms(graph, pictures(image, 8));
  }
};

/// Relative error of the outputs over pictures that nothing was measured on.
double error_of(const Graph& floats, const Graph& graph) {
  double away = 0, size = 0;
  for (const Inputs& inputs : pictures(SmallNet::image, 20, 77)) {
    const std::vector<double> expected = run(floats, inputs), actual = run(graph, inputs);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      away += std::pow(actual[i] - expected[i], 2);
      size += std::pow(expected[i], 2);
    }
  }
  return std::sqrt(away / size);
}

/// The biases of the network of floats in place of the corrected ones.
Graph uncorrected(Graph graph, const Graph& floats) {
  for (const NodeId id : graph.live_ids()) {
    if (!has_weight_scale(graph.node(id).op)) continue;
    const Node& before = floats.node(floats.find(graph.node(id).name));
    const Tensor* bias = floats.param(before, Slot::bias);
    REQUIRE(bias != nullptr);
    graph.set_param(id, Slot::bias, *bias);
  }
  return graph;
}

}  // namespace

TEST_CASE("corrected biases make the error of coarse weights smaller, with pictures and without") {
  const CoarseNet net;
  const Graph floats = folded(net.graph);
  for (const std::size_t count : {0U, 60U}) {
    QuantizeOptions options;
    options.weights = WeightScales::tensor;
    options.float_layers = 0;
    if (count > 0) options.pictures = pictures(SmallNet::image, count);
    const Graph grids = quantized(net.graph, options);
    const double corrected = error_of(floats, grids), plain = error_of(floats, uncorrected(grids, floats));
    CAPTURE(count);
    CAPTURE(corrected);
    CAPTURE(plain);
    CHECK(corrected < 0.9 * plain);
  }
}

TEST_CASE("biases are corrected by floats' means of the very pictures that they are measured on") {
  const SmallNet net;
  QuantizeOptions options;
  options.float_layers = 0;
  options.pictures = pictures(SmallNet::image, 100);
  // Beyond the hundred that biases are corrected on: brighter ones, which reach no further.
  for (Inputs& set : pictures(SmallNet::image, 100, 8)) {
    std::vector<float> values = set["image"].to_vector<float>();
    for (float& value : values) value = std::abs(value);
    set["image"] = Tensor::of<float>(SmallNet::image, std::move(values));
    options.pictures.push_back(set);
  }
  QuantizeReport report;
  (void)quantized(net.graph, options, &report);
  CHECK(report.on_pictures.inputs == 100);
  CHECK(report.on_pictures.relative < 0.05);
}
