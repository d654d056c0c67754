// What cannot be quantised, and why.
#include <limits>

#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

std::string message(const Graph& graph, const QuantizeOptions& options = {}) {
  try {
    (void)quantized(graph, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a network without layers has nothing to quantise") {
  GraphBuilder net(1, DType::f32);
  net.output(net.relu(net.input({1, 3, 4, 4})));
  CHECK(holds(message(net.graph), "nothing to quantise: expected a conv or dense layer"));
}

TEST_CASE("a network whose only layer has no kernel in integers is told so, with the node") {
  GraphBuilder net(1, DType::f32);
  ConvTranspose op;
  op.out = 4, op.kernel = 2;
  const ValueId up = net.add(op, {net.input({1, 3, 4, 4})}, "up");
  net.output(up);
  CHECK(holds(message(net.graph), "conv_transpose 'up': no kernel in integers"));
}

TEST_CASE("a network on grids is not quantised again") {
  const SmallNet net;
  const Graph once = quantized(net.graph, {});
  CHECK(holds(message(once), "the network is on grids already"));
}

TEST_CASE("values that are not finite have no range") {
  const SmallNet net;
  QuantizeOptions options;
  options.pictures = pictures(SmallNet::image, 2);
  std::vector<float> broken(static_cast<std::size_t>(SmallNet::image.elements()), 1.0F);
  broken[7] = std::numeric_limits<float>::quiet_NaN();
  options.pictures[1]["image"] = Tensor::of<float>(SmallNet::image, broken);
  CHECK(holds(message(net.graph, options), "'image' becomes nan on these inputs"));
}

TEST_CASE("ranges by squared error need pictures, and pictures the network's inputs") {
  const SmallNet net;
  QuantizeOptions options;
  options.ranges = Ranges::mse;
  CHECK(holds(message(net.graph, options), "need pictures"));
  options.pictures = {{{"other", Tensor::of<float>({1}, {0})}}};
  CHECK(holds(message(net.graph, options), "input 'image' is missing"));
}

TEST_CASE("words that are none") {
  CHECK_THROWS_WITH_AS((void)ranges_named("max"), "unknown ranges 'max' (minmax or mse)", Error);
  CHECK_THROWS_WITH_AS((void)weight_scales_named("row"), "unknown scales of weights 'row' (channel or tensor)", Error);
}
