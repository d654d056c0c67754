// Networks whose values lie on grids, run on the numbers themselves.
#include <doctest/doctest.h>

#include <set>

#include "runtime/graph/quantised.hpp"
#include "runtime/plan/stored.hpp"
#include "tests/plan/plan_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

ValueId put(GraphBuilder& net, ValueId x, double scale, std::int64_t zero_point = 0, DType type = DType::u8) {
  return net.add(FakeQuantize{type, scale, zero_point}, {x});
}

/// Puts the weights of the node that makes `value` on a grid.
ValueId on_a_grid(GraphBuilder& net, ValueId value) {
  const NodeId id = net.graph.value(value).producer;
  set_grid_weights(net.graph, id, on_grid(*net.graph.param(net.graph.node(id), Slot::weight)));
  return value;
}

ValueId conv(GraphBuilder& net, ValueId x, std::int64_t out, std::int64_t kernel = 3, std::int64_t stride = 1,
             std::int64_t groups = 1) {
  return on_a_grid(net, net.conv(x, out, kernel, stride, -1, groups, true));
}

struct Compared {
  std::vector<std::string> implementations;
  double worst_steps = 0;  ///< of the grid of the result
  double share_off = 0;    ///< elements that are not the reference's
};

/// Runs the network on the cpu device and in float64. A number may round to its neighbour where it lies between two.
Compared compare(const Graph& graph, double step) {
  const auto plan = compile(graph, cpu_device(), {});
  Compared result;
  for (const Step& each : plan->steps) result.implementations.push_back(each.kernel->implementation());
  const auto [inputs, given] = random_inputs(graph, *plan, 7);
  const auto expected = reference::outputs<double>(graph, inputs);
  const auto actual = run(*plan, given);
  const std::vector<double> want = expected.at(graph.outputs[0].name).to_vector<double>();
  double off = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double steps = std::abs(want[i] - actual[0][i]) / step;
    result.worst_steps = std::max(result.worst_steps, steps);
    off += steps > 1e-3 ? 1 : 0;
  }
  result.share_off = off / static_cast<double>(want.size());
  return result;
}

bool ran(const Compared& compared, std::string_view begins) {
  return std::ranges::any_of(compared.implementations,
                             [&](const std::string& name) { return name.starts_with(begins); });
}

std::string names(const Compared& compared) {
  std::string all;
  for (const std::string& name : compared.implementations) all += name + " ";
  return all;
}

}  // namespace

TEST_CASE("a convolution between grids runs on integers") {
  for (const std::int64_t zero_x : {0, 128, 255}) {
    for (const std::int64_t zero_y : {0, 120}) {
      for (const std::int64_t channels : {1, 3, 8, 17, 32}) {
        for (const std::int64_t stride : {1, 2}) {
          CAPTURE(zero_x);
          CAPTURE(zero_y);
          CAPTURE(channels);
          CAPTURE(stride);
          GraphBuilder net;
          const double step = 0.02;
          const ValueId x = put(net, net.input({1, channels, 11, 9}), 0.02, zero_x);
          const ValueId y = put(net, net.relu(conv(net, x, 24, 3, stride)), step, zero_y);
          net.output(net.pool(PoolKind::max, y, 2, 1));
          const Compared compared = compare(net.graph, step);
          CAPTURE(names(compared));
          CHECK((ran(compared, "int8:") || ran(compared, "floats:")));
          CHECK(compared.worst_steps < 1.001);
          CHECK(compared.share_off < 0.02);
        }
      }
    }
  }
}

TEST_CASE("sums, activations, groups and dense layers between grids") {
  const double step = 0.03;
  SUBCASE("a sum of two grids behind a convolution") {
    for (const std::int64_t zero : {0, 100}) {
      GraphBuilder net;
      const ValueId x = put(net, net.relu(conv(net, put(net, net.input({2, 3, 12, 10}), 0.02, 128), 16)), 0.017, zero);
      const ValueId y = put(net, net.relu(net.sum({conv(net, x, 16), x})), step);
      net.output(net.pool(PoolKind::max, y, 2, 1));
      const Compared compared = compare(net.graph, step);
      CAPTURE(names(compared));
      CHECK((ran(compared, "int8:") || ran(compared, "floats:")));
      CHECK(compared.worst_steps < 1.001);
    }
  }
  SUBCASE("activations") {
    for (const ActivationKind kind : {ActivationKind::silu, ActivationKind::hard_swish, ActivationKind::sigmoid}) {
      GraphBuilder net;
      const ValueId x = put(net, net.input({1, 16, 7, 7}), 0.02, 128);
      net.output(net.pool(PoolKind::max, put(net, net.add(Activation{kind}, {conv(net, x, 24)}), step, 20), 2, 1));
      CHECK(compare(net.graph, step).worst_steps < 1.001);
    }
  }
  SUBCASE("depthwise") {
    GraphBuilder net;
    const ValueId x = put(net, net.input({1, 24, 14, 14}), 0.02, 128);
    net.output(net.pool(PoolKind::max, put(net, net.relu(conv(net, x, 24, 3, 1, 24)), step), 2, 1));
    const Compared compared = compare(net.graph, step);
    CAPTURE(names(compared));
    CHECK((ran(compared, "int8:") || ran(compared, "floats:")));
    CHECK(compared.worst_steps < 1.001);
  }
  SUBCASE("a dense layer to floats") {
    GraphBuilder net;
    const ValueId x = put(net, net.input({3, 37}), 0.02, 128);
    net.output(on_a_grid(net, net.dense(x, 10)));
    // The input is rounded in both; what is left is the rounding of floats.
    CHECK(compare(net.graph, 1.0).worst_steps < 1e-4);
  }
}

TEST_CASE("sums of numbers are rounded once, and means of them are floats") {
  const double step = 0.03;
  for (const std::int64_t channels : {24, 70}) {
    CAPTURE(channels);
    GraphBuilder net;
    const ValueId image = net.input({2, channels, 9, 11});
    const ValueId moved = net.pool(PoolKind::max, put(net, image, 0.02, 128), 3, 1, 1);
    const ValueId y = put(net, net.relu(net.sum({put(net, image, 0.027, 100), moved})), step, 3);
    net.output(net.add(Activation{}, {net.add(GlobalPool{}, {y})}));
    const Compared compared = compare(net.graph, step);
    CAPTURE(names(compared));
    CHECK(ran(compared, "loop:int8 sum"));
    CHECK(ran(compared, "loop:int8 mean"));
    CHECK(compared.worst_steps < 0.1);  // of a mean of a hundred, of which few round to the neighbour
  }
}

TEST_CASE("own kernels of integers take SiLU, gates by channel and largest values") {
  const double step = 0.03;
  for (const std::int64_t groups : {1, 24}) {
    CAPTURE(groups);
    GraphBuilder net;
    const ValueId x = put(net, net.input({2, 24, 9, 11}), 0.02, 128);
    const ValueId y = put(net, net.add(Activation{ActivationKind::silu}, {conv(net, x, 24, 3, 1, groups)}), step, 20);
    const ValueId gate = net.add(Activation{ActivationKind::sigmoid}, {net.add(GlobalPool{}, {y})});
    const ValueId gated = put(net, net.add(Binary{BinaryKind::mul}, {y, gate}), step, 20);
    const ValueId pooled = net.pool(PoolKind::max, gated, 3, 2, 1);
    net.output(net.pool(PoolKind::max, put(net, conv(net, pooled, 8, 1), step, 128), 2, 1));
    const Compared compared = compare(net.graph, step);
    CAPTURE(names(compared));
    CHECK(ran(compared, groups == 1 ? "loop:int8 product" : "loop:int8 depthwise"));
    CHECK(ran(compared, "loop:int8 gate"));
    CHECK(ran(compared, "loop:int8 max_pool"));
    // A step here and there in front of the last layer makes a few behind it.
    CHECK(compared.worst_steps < 4);
    CHECK(compared.share_off < 0.1);
  }
}

TEST_CASE("what moves numbers keeps them as they are") {
  const double step = 0.02;
  GraphBuilder net;
  const ValueId x = put(net, net.input({1, 8, 12, 12}), step, 90);
  const ValueId y = net.concat({net.pool(PoolKind::max, x, 3, 1, 1), x});
  Slice slice;
  slice.axes = {1}, slice.begin = {2}, slice.end = {14};
  const ValueId moved = net.add(ChannelShuffle{2}, {net.add(slice, {y})});
  net.output(net.add(Activation{}, {net.add(Flatten{}, {moved})}));
  const Compared compared = compare(net.graph, step);
  CAPTURE(names(compared));
  CHECK(compared.worst_steps < 1e-4);
}

TEST_CASE("values on grids take a byte each, inputs and outputs of the network do not") {
  GraphBuilder net;
  const ValueId x = net.input({1, 8, 12, 12});
  const ValueId inside = put(net, x, 0.02, 90);
  const ValueId seen = put(net, net.relu(inside), 0.02);
  const ValueId flat = net.add(Flatten{}, {seen});
  net.output(flat);
  std::vector<TensorType> types = infer_types(net.graph);
  store_values(net.graph, types, *cpu_device());
  const auto stored = [&](ValueId value) { return types[static_cast<std::size_t>(value)].stored.has_value(); };
  CHECK(stored(inside));
  CHECK_FALSE(stored(x));
  CHECK_FALSE(stored(seen));  // its memory is the output's
  CHECK_FALSE(stored(flat));
}

TEST_CASE("floats of 16 bits between layers") {
  const auto device = std::shared_ptr<const Device>(cpu::device({.threads = 1, .precision = Precision::bf16}));
  GraphBuilder net(5);
  ValueId x = net.relu(net.conv(net.input({1, 3, 20, 20}), 16, 3, 1, -1, 1, true));
  x = net.relu(net.sum({net.conv(x, 16, 3, 1, -1, 1, true), x}));
  x = net.concat({x, net.pool(PoolKind::max, x, 3, 1, 1)});
  x = net.add(Activation{ActivationKind::silu}, {net.conv(x, 32, 3, 2, -1, 32, true)});
  net.classifier(net.relu(net.conv(x, 24, 1, 1, 0)));
  const auto plan = compile(net.graph, device, {});
  std::vector<float> image(1 * 3 * 20 * 20);
  std::mt19937_64 random(7);
  std::normal_distribution<float> normal;
  for (float& value : image) value = normal(random);
  const auto want = reference::outputs<double>(net.graph, {{"image", Tensor::of(Shape{1, 3, 20, 20}, image)}})
                        .at("logits")
                        .to_vector<double>();
  const auto actual = run(*plan, {image});
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    largest = std::max(largest, std::abs(want[i]));
    worst = std::max(worst, std::abs(want[i] - actual[0][i]));
  }
  CHECK(worst < 3e-2 * largest);
  CHECK(worst > 1e-5 * largest);  // or nothing was kept in 16 bits
  const auto halves =
      std::ranges::count_if(plan->types, [](const TensorType& type) { return type.stored.has_value(); });
  CHECK(halves > 4);
}
