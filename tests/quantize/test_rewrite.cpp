// The network on grids differs from that of floats by its grids, and by nothing else.
#include "runtime/compress/quantize/rewrite.hpp"
#include "runtime/graph/quantised.hpp"
#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Without its grids, and with the weights and biases of `floats` in its layers.
Graph taken_off(Graph graph, const Graph& floats) {
  Readers readers = graph.readers();
  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes.size()); ++id) {
    const Node& node = graph.node(id);
    if (node.as<FakeQuantize>()) {
      graph.bypass(id, readers);
      continue;
    }
    if (!has_weight_scale(node.op)) continue;
    const Node& before = floats.node(floats.find(node.name));
    graph.set_param(id, Slot::weight, *floats.param(before, Slot::weight));
    const Tensor* bias = floats.param(before, Slot::bias);
    const Shape shape = graph.param(graph.node(id), Slot::bias)->shape();
    const std::vector<float> zeros(static_cast<std::size_t>(shape[0]), 0.0F);
    graph.set_param(id, Slot::bias, bias ? *bias : Tensor::of<float>(shape, zeros));
  }
  return graph;
}

QuantizeOptions all_in_integers(std::size_t count = 0) {
  QuantizeOptions options;
  options.float_layers = 0;
  if (count > 0) options.pictures = pictures(SmallNet::image, count);
  return options;
}

}  // namespace

TEST_CASE("grids taken off and weights put back, the network is that of floats to the last digit") {
  const SmallNet net;
  const Graph floats = folded(net.graph);
  for (const std::size_t count : {0U, 60U}) {
    const Graph grids = quantized(net.graph, all_in_integers(count));
    std::size_t put = 0;
    for (const Node& node : grids.live()) put += node.as<FakeQuantize>() ? 1 : 0;
    CHECK(put == 8);  // the picture, five activations, the projection, the mean over the picture
    for (const Inputs& inputs : pictures(SmallNet::image, 3, 11))
      CHECK(run(taken_off(grids, floats), inputs) == run(floats, inputs));
  }
}

TEST_CASE("values are half a step from the floats that they stand for, where these are within the range") {
  const SmallNet net;
  const Graph grids = quantized(net.graph, all_in_integers(60));
  const Inputs inputs = pictures(SmallNet::image, 1, 11)[0];
  const auto values = reference::run<double>(grids, inputs, [](ValueId) { return true; });
  for (const Node& node : grids.live()) {
    const auto* put = node.as<FakeQuantize>();
    if (put == nullptr) continue;
    const auto before = values.at(node.inputs[0]).to_vector<double>(),
               after = values.at(node.outputs[0]).to_vector<double>();
    const double low = put->scale * static_cast<double>(0 - put->zero_point);
    const double high = put->scale * static_cast<double>(255 - put->zero_point);
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double wanted = std::clamp(before[i], low, high);
      CHECK(std::abs(after[i] - wanted) <= put->scale * (0.5 + 1e-6));
    }
  }
}

TEST_CASE("weights lie on grids of 127 steps, biases on those of their sums") {
  const SmallNet net;
  for (const WeightScales scales : {WeightScales::channel, WeightScales::tensor}) {
    QuantizeOptions options = all_in_integers(60);
    options.weights = scales;
    const Graph grids = quantized(net.graph, options);
    for (const Node& node : grids.live()) {
      if (!has_weight_scale(node.op)) continue;
      const std::vector<double> scale = grids.param(node, Slot::weight_scale)->to_vector<double>();
      const Tensor numbers = grid_numbers(*grids.param(node, Slot::weight), *grids.param(node, Slot::weight_scale));
      CHECK(std::ranges::max(numbers.to_vector<double>(), {}, [](double q) { return std::abs(q); }) != 0);
      const bool one = std::ranges::all_of(scale, [&](double s) { return s == scale[0]; });
      CHECK(one == (scales == WeightScales::tensor));
      const Node* put = nullptr;
      for (ValueId at = node.inputs[0]; put == nullptr;) {
        const Node& producer = grids.node(grids.value(at).producer);
        if (producer.as<FakeQuantize>()) put = &producer;
        else at = producer.inputs[0];
      }
      const std::vector<double> bias = grids.param(node, Slot::bias)->to_vector<double>();
      for (std::size_t o = 0; o < bias.size(); ++o) {
        const double steps = bias[o] / (put->as<FakeQuantize>()->scale * scale[o]);
        CHECK(std::abs(steps - std::nearbyint(steps)) <= 1e-6 * std::max(1.0, std::abs(steps)));
        CHECK(std::abs(steps) < 0x1p31);
      }
    }
  }
}

TEST_CASE("the error is small, and smaller with the noisiest layers in float") {
  const SmallNet net;
  QuantizeReport all, some;
  (void)quantized(net.graph, all_in_integers(60), &all);
  QuantizeOptions options = all_in_integers(60);
  options.float_layers = 3;
  (void)quantized(net.graph, options, &some);
  CHECK(all.in_float() == 0);
  CHECK(some.in_float() == 3);
  CHECK(all.on_pictures.relative < 0.05);
  CHECK(some.on_pictures.relative < all.on_pictures.relative);
  double noise = 0;
  for (const QuantizedLayer& layer : all.layers) noise += layer.weight_noise + layer.value_noise;
  CHECK(noise == doctest::Approx(1));
}

TEST_CASE("an output with next to no weights beside its bias gets a scale with which 32 bits hold it") {
  GraphBuilder net(2, DType::f32);
  const ValueId x = net.input({1, 3, 8, 8}), layer = net.conv(x, 2, 3, 1, 1, 1, true);
  std::vector<double> weights(2 * 27, 0.25);
  std::fill_n(weights.begin(), 27, 1e-13);
  net.set(layer, Slot::weight, weights);
  net.set(layer, Slot::bias, {3, 1});
  net.classifier(net.relu(layer));
  QuantizeReport report;
  QuantizeOptions options;
  options.float_layers = 0;
  const Graph grids = quantized(net.graph, options, &report);
  const Node& dead = grids.node(grids.find(net.graph.value(layer).name));
  const double scale = grids.param(dead, Slot::weight_scale)->to_vector<double>()[0];
  const double input_scale = grids.node(grids.value(dead.inputs[0]).producer).as<FakeQuantize>()->scale;
  CHECK(grids.param(dead, Slot::bias)->to_vector<double>()[0] / (scale * input_scale) < 0x1p31);
  CHECK(grids.param(dead, Slot::bias)->to_vector<double>()[0] == doctest::Approx(3));
  const auto row = std::ranges::find(report.layers, dead.name, &QuantizedLayer::name);
  REQUIRE(row != report.layers.end());
  CHECK(row->dead_outputs == 1);
}
