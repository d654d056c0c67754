// What batch norms tell of values without pictures.
#include "runtime/compress/quantize/moments.hpp"
#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;
using namespace banoff::quantize;

namespace {

const ComputeNode& floats() {
  static const ComputeNode compute = reference::compute<float>;
  return compute;
}

std::vector<Observed> observed(const Graph& graph, const std::vector<Inputs>& sets) {
  std::vector<Values> results;
  return observe(graph, sets, 100, {}, floats(), results);
}

}  // namespace

TEST_CASE("what a folded norm knew is found again in the values that took its scale and shift") {
  const SmallNet net;
  const Graph graph = folded(net.graph);
  const auto known = known_by_norms(net.graph, graph, pictures(SmallNet::image, 2, 21), floats(), floats());
  CHECK(known.size() == 6);
  const std::vector<Observed> seen = observed(graph, pictures(SmallNet::image, 8));  // those the norms were set on
  for (const auto& [id, moments] : known) {
    const Observed& truth = seen[static_cast<std::size_t>(id)];
    for (std::size_t c = 0; c < truth.mean.size(); ++c) {
      CHECK(moments.mean[c] == doctest::Approx(truth.mean[c]).epsilon(1e-3).scale(std::sqrt(truth.var[c])));
      CHECK(moments.var[c] == doctest::Approx(truth.var[c]).epsilon(2e-3));
    }
  }
}

TEST_CASE("means behind activations, sums and pools are near those of pictures") {
  const SmallNet net;
  const Graph graph = folded(net.graph);
  const std::vector<TensorType> types = infer_types(graph);
  const std::vector<Inputs> sets = pictures(SmallNet::image, 8);
  const std::vector<Observed> seen = observed(graph, sets);
  const auto known = known_by_norms(net.graph, graph, pictures(SmallNet::image, 2, 21), floats(), floats());
  const Moments input = normal_moments({{0.4}, {1.0}}, SmallNet::image);
  const std::vector<Moments> all = find_moments(graph, types, known, {input}, {}, floats());
  for (const Node& node : graph.live()) {
    const auto v = static_cast<std::size_t>(node.outputs[0]);
    REQUIRE(all[v]);
    const std::vector<double> mean = channel_means({all[v].mean});
    double away = 0, size = 0;
    for (std::size_t c = 0; c < mean.size(); ++c) {
      away += std::pow(mean[c] - seen[v].mean[c], 2);
      size += std::pow(seen[v].mean[c], 2) + seen[v].var[c];
    }
    CAPTURE(node.name);
    CHECK(std::sqrt(away / size) < 0.25);
    const auto [low, high] = range_of(all[v]);
    CHECK(low <= 0.9 * seen[v].low);
    CHECK(high >= 0.9 * seen[v].high);
  }
}

TEST_CASE("a clipped normal variable has the mean and variance of its integral") {
  GraphBuilder net(1, DType::f32);
  const ValueId x = net.input({1, 3, 1, 1});
  const ValueId y = net.relu(x);
  net.output(y);
  const Moments input = normal_moments({{-1.5, 0.25, 2}, {4, 0.25, 9}}, {1, 3, 1, 1});
  const auto made = propagated(net.graph, net.producer(y), {input}, floats());
  REQUIRE(made);
  const std::vector<double> mean = (*made)[0].mean.to_vector<double>(), var = (*made)[0].var.to_vector<double>();
  const std::vector<double> m{-1.5, 0.25, 2}, s{2, 0.5, 3};
  for (std::size_t i = 0; i < 3; ++i) {
    // E max(x, 0) = m P(m / s) + s p(m / s), E max(x, 0)^2 = (m^2 + s^2) P(m / s) + m s p(m / s).
    const double z = m[i] / s[i], below = 0.5 * std::erfc(-z / std::sqrt(2.0));
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979);
    const double expected = m[i] * below + s[i] * density;
    const double square = (m[i] * m[i] + s[i] * s[i]) * below + m[i] * s[i] * density;
    CHECK(mean[i] == doctest::Approx(expected).epsilon(0.01));
    CHECK(var[i] == doctest::Approx(square - expected * expected).epsilon(0.02));
  }
}

TEST_CASE("without pictures the error is near that with pictures") {
  const SmallNet net;
  QuantizeOptions without, with;
  without.float_layers = with.float_layers = 0;
  with.pictures = pictures(SmallNet::image, 60);
  const Graph floats_only = folded(net.graph);
  const Graph blind = quantized(net.graph, without), seeing = quantized(net.graph, with);
  const auto error = [&](const Graph& graph) {
    double away = 0, size = 0;
    for (const Inputs& inputs : pictures(SmallNet::image, 20, 77)) {
      const std::vector<double> expected = run(floats_only, inputs), actual = run(graph, inputs);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        away += std::pow(actual[i] - expected[i], 2);
        size += std::pow(expected[i], 2);
      }
    }
    return std::sqrt(away / size);
  };
  CHECK(error(seeing) < 0.05);
  CHECK(error(blind) < 0.1);
}

TEST_CASE("along residual blocks the ranges from norms are those of pictures within a factor") {
  const Shape shape{1, 3, 10, 10};
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    GraphBuilder net(seed, DType::f32);
    std::vector<std::string> trunk;
    ValueId x = net.conv_bn_relu(net.input(shape), 8);
    for (int block = 0; block < 12; ++block) {
      x = net.relu(net.sum({x, net.bn(net.conv(net.conv_bn_relu(x, 8), 8))}));
      trunk.push_back(net.graph.value(x).name);
    }
    net.classifier(x);
    calibrate_norms(net.graph, pictures(shape, 20));
    QuantizeOptions options;
    options.float_layers = 0;
    QuantizeReport report;
    (void)quantized(net.graph, options, &report);
    std::map<std::string, double> reached;
    walk(net.graph, pictures(shape, 40, 77), reference::compute<float>, [&](ValueId id, const Values& values) {
      double& most = reached[net.graph.value(id).name];
      for (const Tensor& value : values) most = std::max<double>(most, std::ranges::max(value.values<float>()));
    });
    for (const std::string& name : trunk) {
      const auto row = std::ranges::find(report.layers, name, &QuantizedLayer::value);
      REQUIRE(row != report.layers.end());
      CAPTURE(name);
      CAPTURE(row->high);
      CAPTURE(reached.at(name));
      CHECK(row->high > 0.8 * reached.at(name));
      CHECK(row->high < 3 * reached.at(name));
    }
  }
}
