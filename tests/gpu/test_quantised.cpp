// Networks on grids of integers, as `banoff quantize` writes them: computed in floats that lie on the grids.
#include <doctest/doctest.h>

#include <limits>

#include "runtime/graph/quantised.hpp"
#include "tests/gpu/small_networks.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

using Names = std::vector<std::string>;

/// Halves of steps to both sides of zero, beyond both ends, infinities and a NaN.
std::vector<float> hard_values(float scale) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> values{infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 1e30F, -1e30F, 0.0F};
  for (int halves = -700; halves <= 700; ++halves) values.push_back(static_cast<float>(halves) / 2 * scale);
  return values;
}

/// What the op makes of the values on the gpu device, and what the reference in double does.
std::pair<Tensor, Tensor> both(const Op& op, const Tensor& values, Precision precision = Precision::fp32) {
  GraphBuilder net;
  ValueId x = net.input(values.shape(), "x");
  if (std::holds_alternative<Dequantize>(op)) x = net.add(Cast{DType::i8}, {x});
  net.output(net.add(op, {x}), "y");
  const Model model = model_of(net.graph);
  const Tensors inputs{{"x", values}};
  const std::shared_ptr<const Device> device =
      gpu::device(std::make_shared<const HostBackend>(), {precision, 4096, {}, true, true});
  return {Session(compile_on(model, device)).run(inputs).at("y"), model.reference(inputs).at("y")};
}

/// A convolution whose weights lie on a grid of their own per output.
ValueId grid_conv(GraphBuilder& net, ValueId x, std::int64_t out, std::int64_t kernel, std::int64_t groups = 1) {
  const ValueId y = net.conv(x, out, kernel, 1, kernel / 2, groups, true);
  const auto id = static_cast<NodeId>(net.graph.nodes.size() - 1);
  set_grid_weights(net.graph, id, on_grid(*net.graph.param(net.graph.node(id), Slot::weight)));
  return y;
}

}  // namespace

TEST_CASE("halves of a step go to the even neighbour, and what is beyond a grid to its end") {
  constexpr float scale = 0.125F;  // of which halves are floats
  const std::vector<float> values = hard_values(scale);
  const Tensor x = Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values);
  for (const DType type : {DType::u8, DType::i8, DType::u16, DType::i16}) {
    for (const std::int64_t zero_point : {0, 3, 117}) {
      CAPTURE(std::string(name_of(type)));
      CAPTURE(zero_point);
      const auto [floats, wanted] = both(FakeQuantize{type, scale, zero_point}, x);
      CHECK(floats.to_vector<double>() == wanted.to_vector<double>());
      const auto [numbers, exact] = both(Quantize{type, scale, zero_point}, x);
      CHECK(numbers.dtype() == type);
      CHECK(numbers.to_vector<std::int64_t>() == exact.to_vector<std::int64_t>());
    }
  }
}

TEST_CASE("every number of a grid of bytes becomes its float, in 16 bits too") {
  std::vector<float> numbers;
  for (int q = -128; q < 128; ++q) numbers.push_back(static_cast<float>(q));
  const Tensor q = Tensor::of<float>({256}, numbers);
  for (const Precision precision : {Precision::fp32, Precision::fp16, Precision::bf16}) {
    const auto [floats, wanted] = both(Dequantize{DType::f32, 0.25, -7}, q, precision);
    CHECK(floats.to_vector<double>() == wanted.to_vector<double>());
  }
}

TEST_CASE("grids are a step of the pass behind a layer, and never the library's") {
  const FakeQuantize grid{DType::u8, 0.037, 0};
  GraphBuilder net(1, DType::f32);
  const ValueId image = net.add(FakeQuantize{DType::u8, 0.021, 117}, {net.input({2, 8, 9, 9})});
  const ValueId first = net.add(grid, {net.relu(grid_conv(net, image, 16, 3))});
  const ValueId second = net.add(grid, {net.relu(grid_conv(net, first, 16, 3, 16))});
  const ValueId sum = net.add(grid, {net.sum({second, first})});
  net.output(net.add(grid, {net.relu(grid_conv(net, sum, 8, 1))}));
  CHECK(kernels_of(net.graph, Precision::fp32) ==
        Names{"pointwise", "host1+pointwise", "depthwise", "host1+pointwise"});
  CHECK(kernels_of(net.graph, Precision::fp32, {.library = false}) ==
        Names{"pointwise", "direct", "depthwise", "direct"});
}
