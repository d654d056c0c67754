// The paper's equations where they needed correcting, and the defects of its published implementation.
#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Outcome expect_one(const Graph& graph, Method method, bool folds, Blocker blocker = Blocker::none) {
  Outcome outcome = fold_with(graph, method);
  CHECK(outcome.report.folded() == (folds ? 1 : 0));
  CHECK(outcome.error < 1e-9);
  CHECK(outcome.report.norms.front().blocker == blocker);
  return outcome;
}

}  // namespace

TEST_CASE("erratum of the definition: the deviation is sqrt(var + eps), not var or sigma + eps") {
  GraphBuilder net;
  const ValueId y = net.add(BatchNorm{0.75, true}, {net.conv(net.input({1, 1, 3, 3}), 1, 1)});
  net.set(y, Slot::var, {0.25});
  net.set(y, Slot::weight, {3});
  net.set(y, Slot::mean, {0});
  const double weight = net.graph.params[0].value.to_vector<double>()[0];
  net.output(y);
  const Outcome outcome = expect_one(net.graph, Method::naive, true);
  CHECK(outcome.folded.param(outcome.folded.nodes[0], Slot::weight)->to_vector<double>()[0] == doctest::Approx(3 * weight));
}

TEST_CASE("equation 1: beta counts once where the branches of an Add meet, the scale on all of them") {
  GraphBuilder net;
  const ValueId image = net.input({1, 3, 6, 6});
  const ValueId sum = net.sum({net.conv(image, 4), net.conv(image, 4), net.conv(image, 4)});
  net.output(net.relu(net.bn(sum)));
  expect_one(net.graph, Method::naive, false, Blocker::branch);
  const Outcome outcome = expect_one(net.graph, Method::banoff, true);
  CHECK(outcome.report.norms[0].into.size() == 3);
}

TEST_CASE("equation 2: forward, the shift passes through the weights into the bias") {
  GraphBuilder net;
  net.output(net.dense(net.bn(net.relu(net.input({2, 6}))), 5));
  expect_one(net.graph, Method::naive, true);
}

TEST_CASE("equation 3: other readers of the stream take the inverse") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
  net.output(net.relu(net.bn(x)), "a");
  net.output(net.relu(net.conv(x, 5, 1)), "b");
  const Outcome outcome = expect_one(net.graph, Method::banoff, true);
  CHECK(outcome.report.norms[0].inverse.size() == 1);
}

TEST_CASE("equation 4: forward, other producers of the stream take the inverse") {
  GraphBuilder net;
  const ValueId image = net.input({1, 4, 6, 6});
  const ValueId y = net.bn(net.relu(image));
  net.output(net.relu(net.conv(net.sum({y, net.conv(image, 4)}), 5, 1)));
  const Outcome outcome = expect_one(net.graph, Method::banoff, true);
  CHECK(outcome.report.norms[0].into.size() == 1);
  CHECK(outcome.report.norms[0].inverse.size() == 1);
}

TEST_CASE("equation 4: the producer met at an Add takes the shift too when the reader pads with zeros") {
  GraphBuilder net;
  const ValueId image = net.input({1, 4, 6, 6});
  const ValueId y = net.bn(net.relu(image));
  net.output(net.relu(net.conv(net.sum({y, net.conv(image, 4)}), 5, 3)));
  expect_one(net.graph, Method::banoff, true);
}

TEST_CASE("zero padding stops a forward shift, but not one that is zero") {
  GraphBuilder net;
  const ValueId y = net.bn(net.relu(net.input({1, 3, 6, 6})));
  net.output(net.relu(net.conv(y, 4, 3)));
  expect_one(net.graph, Method::naive, false, Blocker::padding);
  expect_one(net.graph, Method::banoff, false, Blocker::padding);
  net.set(y, Slot::mean, {0, 0, 0});
  net.set(y, Slot::bias, {0, 0, 0});
  expect_one(net.graph, Method::naive, true);
}

TEST_CASE("zero padding of another reader stops a backward fold: it could not take the inverse shift") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
  net.output(net.relu(net.bn(x)), "a");
  net.output(net.relu(net.conv(x, 5, 3)), "b");
  expect_one(net.graph, Method::banoff, false, Blocker::padding);
}

TEST_CASE("two norms on one stream that each satisfy theorem 1 do not both fold: the second would need another scale") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
  net.output(net.relu(net.bn(x, "first")), "a");
  net.output(net.relu(net.bn(x, "second")), "b");
  const Outcome outcome = fold_with(net.graph, Method::banoff);
  CHECK(outcome.report.folded() == 1);
  CHECK(outcome.error < 1e-9);
  CHECK(outcome.norm("first").inverse == std::vector<std::string>{"second"});
}

TEST_CASE("a product, an unknown op and an activation are no transparent layers") {
  GraphBuilder gate;
  const ValueId image = gate.input({1, 3, 6, 6});
  const ValueId product = gate.add(Binary{BinaryKind::mul}, {gate.conv(image, 4), gate.conv(image, 4)});
  gate.output(gate.relu(gate.bn(product)));
  expect_one(gate.graph, Method::banoff, false, Blocker::product);

  GraphBuilder norm;
  norm.output(norm.bn(norm.add(GroupNorm{2}, {norm.conv(norm.input({1, 3, 6, 6}), 4)})));
  expect_one(norm.graph, Method::banoff, false, Blocker::unsupported_op);

  GraphBuilder smooth;
  smooth.output(smooth.relu(smooth.bn(smooth.add(Activation{ActivationKind::hard_swish}, {smooth.conv(smooth.input({1, 3, 6, 6}), 4)}))));
  expect_one(smooth.graph, Method::banoff, false, Blocker::activation);
}

TEST_CASE("an output taken from inside the net is protected") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
  net.output(x, "inside");
  net.output(net.relu(net.bn(x)), "end");
  expect_one(net.graph, Method::naive, false, Blocker::graph_output);
  expect_one(net.graph, Method::banoff, false, Blocker::graph_output);
}

TEST_CASE("a norm that is itself an output folds backward and leaves its name to the output") {
  GraphBuilder net;
  net.output(net.bn(net.conv(net.input({1, 3, 6, 6}), 4)), "features");
  const Outcome outcome = expect_one(net.graph, Method::banoff, true);
  CHECK(outcome.folded.outputs[0].name == "features");
}

TEST_CASE("adding a bias keeps dilation, groups, stride and padding") {
  GraphBuilder net;
  Conv op;
  op.out = 6, op.kernel = 3, op.groups = 2, op.dilation = 2, op.stride = 2, op.padding.begin = 2, op.padding.end = 1;
  net.output(net.bn(net.add(op, {net.input({1, 4, 11, 9})})));
  const Outcome outcome = expect_one(net.graph, Method::naive, true);
  op.bias = true;
  CHECK(*outcome.folded.nodes[0].as<Conv>() == op);
}

TEST_CASE("a norm between two convs folds into one of them only") {
  GraphBuilder net;
  net.output(net.conv(net.bn(net.conv(net.input({1, 3, 6, 6}), 4), "bn"), 5, 1));
  for (const Method method : {Method::naive, Method::banoff}) {
    CHECK(expect_one(net.graph, method, true).norm("bn").into.size() == 1);
  }
}
