#include "tests/folding/check.hpp"
#include "tests/folding/nets.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("a folded net agrees with its original at every node") {
  const Graph net = keras_resnet_v2(20);
  const Graph folded = fold_with(net, Method::banoff).folded;
  const auto off = first_difference(net, folded, random_inputs(net), 1e-9, reference::compute<double>);
  CHECK_FALSE(off.has_value());
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
  const auto off = first_difference(net.graph, other.graph, random_inputs(net.graph), 1e-9, reference::compute<double>);
  CHECK(off == net.producer(wrong).name);
}

TEST_CASE("an output in another scale counts as a difference although it is an affine image") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 1, 4, 4}), 1);
  net.output(x);
  GraphBuilder other = net;
  std::vector<double> weights = other.graph.param(other.producer(x), Slot::weight)->to_vector<double>();
  for (double& weight : weights) weight *= 2;
  other.set(x, Slot::weight, weights);
  const auto off = first_difference(net.graph, other.graph, random_inputs(net.graph), 1e-9, reference::compute<double>);
  CHECK(off == net.producer(x).name);
}
