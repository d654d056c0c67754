// Normalised pixels enter networks on grids as bytes.
#include "runtime/compress/quantize/pixels.hpp"
#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;
using namespace banoff::quantize;

namespace {

/// Channels divided by deviations of their own.
KnownInputs normalised(const std::vector<double>& scale, const std::vector<double>& shift) {
  KnownInput known;
  for (std::size_t c = 0; c < scale.size(); ++c) {
    for (int p = 0; p <= 255; ++p) known.levels.push_back(static_cast<float>((p - shift[c]) / scale[c]));
    known.mean.push_back((115 - shift[c]) / scale[c]);
    known.var.push_back(std::pow(65 / scale[c], 2));
  }
  known.low = *std::ranges::min_element(known.levels), known.high = *std::ranges::max_element(known.levels);
  known.pixel_scale = scale, known.pixel_shift = shift;
  return {{"image", known}};
}

const std::vector<double> scales{58.4, 57.1, 57.4}, shifts{123.7, 116.3, 103.5};

std::vector<Inputs> bytes(const Shape& shape, std::size_t count) {
  std::mt19937_64 random(8);
  std::vector<Inputs> sets(count);
  for (Inputs& set : sets) {
    std::vector<double> values(static_cast<std::size_t>(shape.elements()));
    const std::size_t inner = inner_of(shape);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t channel = i / inner % 3;
      values[i] = (std::uniform_int_distribution(0, 255)(random) - shifts[channel]) / scales[channel];
    }
    set["image"] = Tensor::of<double>(shape, values).as(DType::f32);
  }
  return sets;
}

}  // namespace

TEST_CASE("a network that reads pixels computes what it did, borders included") {
  const Shape shape{1, 3, 8, 7};
  for (const std::int64_t groups : {1, 3}) {
    GraphBuilder net(6, DType::f32);
    const ValueId x = net.input(shape);
    net.output(net.relu(net.conv(x, 6, 3, 2, 1, groups, groups == 3)));
    const WithPixels with = with_pixels(net.graph, infer_types(net.graph), normalised(scales, shifts));
    REQUIRE(with.pixels.size() == 1);
    verify(with.graph, infer_types(with.graph));
    CHECK(infer_types(with.graph).size() == with.types.size());
    const Inputs set = bytes(shape, 1)[0];
    const std::vector<double> expected = run(net.graph, set), actual = run(with.graph, set);
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(actual[i] == doctest::Approx(expected[i]).epsilon(1e-4));
  }
}

TEST_CASE("levels that one grid holds stay as they are, and so do inputs that others read") {
  GraphBuilder net(6, DType::f32);
  const ValueId x = net.input({1, 3, 8, 8});
  const ValueId y = net.conv(x, 6);
  net.output(y);
  const std::vector<TensorType> types = infer_types(net.graph);
  CHECK(with_pixels(net.graph, types, normalised({255, 255, 255}, {0, 0, 0})).pixels.empty());
  CHECK(with_pixels(net.graph, types, {}).pixels.empty());
  net.output(net.conv(x, 2), "second");
  CHECK(with_pixels(net.graph, infer_types(net.graph), normalised(scales, shifts)).pixels.empty());
}

TEST_CASE("pixels are on a grid of steps of one, and the first layer in integers loses nothing of them") {
  const Shape shape{1, 3, 8, 8};
  GraphBuilder net(6, DType::f32);
  const ValueId x = net.input(shape);
  net.output(net.relu(net.bn(net.conv(x, 6, 3, 1, 0))));
  calibrate_norms(net.graph, bytes(shape, 6));
  QuantizeOptions options;
  options.float_layers = 0;
  options.pictures = bytes(shape, 60);
  QuantizeReport report;
  const Graph graph = quantized(net.graph, options, &report, normalised(scales, shifts));
  std::size_t steps_of_one = 0;
  for (const Node& node : graph.live()) {
    const auto* grid = node.as<FakeQuantize>();
    if (grid != nullptr && grid->scale == 1 && grid->zero_point == 0) ++steps_of_one;
  }
  CHECK(steps_of_one == 1);
  CHECK(report.in_integers() == 1);
  CHECK(report.in_float() == 0);
  CHECK(std::ranges::count_if(report.layers, &QuantizedLayer::makes_pixels) == 1);
  for (const QuantizedLayer& layer : report.layers) CHECK(layer.value_noise == doctest::Approx(0).epsilon(1e-6));
}
