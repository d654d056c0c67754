#include "folding/first_difference.hpp"

#include "tests/folding/check.hpp"
#include "tests/folding/nets.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("a folded net agrees with its original at every node, and its errors are those of rounding") {
  const Graph net = keras_resnet_v2(20);
  const Graph folded = fold_with(net, Method::banoff).folded;
  const Comparison result = compare(net, folded, random_inputs(net), reference::compute<double>, 1e-9);
  CHECK(result.first_diverging == "");
  REQUIRE(result.outputs.size() == 1);
  CHECK(result.outputs[0].name == "logits");
  CHECK(result.outputs[0].max_relative < 1e-9);
  CHECK(result.outputs[0].mean_abs <= result.outputs[0].max_abs);
}

TEST_CASE("the first node that computes something else is named, not the ones after it") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
  const ValueId wrong = net.conv(net.relu(x), 4);
  net.output(net.conv(net.relu(wrong), 4));
  GraphBuilder other = net;
  std::vector<double> weights = other.graph.param(other.producer(wrong), Slot::weight)->to_vector<double>();
  weights[5] += 1;
  other.set(wrong, Slot::weight, weights);
  const Comparison result = compare(net.graph, other.graph, random_inputs(net.graph), reference::compute<double>, 1e-9);
  CHECK(result.first_diverging == net.producer(wrong).name);
  CHECK(result.outputs[0].max_abs > 1e-6);
}

TEST_CASE("an output in another scale counts as a difference although it is an affine image") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 1, 4, 4}), 1);
  net.output(x);
  GraphBuilder other = net;
  std::vector<double> weights = other.graph.param(other.producer(x), Slot::weight)->to_vector<double>();
  for (double& weight : weights) weight *= 2;
  other.set(x, Slot::weight, weights);
  const Comparison result = compare(net.graph, other.graph, random_inputs(net.graph), reference::compute<double>, 1e-9);
  CHECK(result.first_diverging == net.producer(x).name);
}
