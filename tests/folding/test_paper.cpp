// The paper's equations where they needed correcting, and the defects of its published implementation.
#include "banoff/error.hpp"
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
  CHECK(outcome.folded.param(outcome.folded.nodes[0], Slot::weight)->to_vector<double>()[0] ==
        doctest::Approx(3 * weight));
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
  smooth.output(smooth.relu(
      smooth.bn(smooth.add(Activation{ActivationKind::hard_swish}, {smooth.conv(smooth.input({1, 3, 6, 6}), 4)}))));
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

TEST_CASE("a tiny gamma folds where nobody needs the inverse, and is refused where the inverse would magnify errors") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 2);
  const ValueId y = net.bn(x);
  net.set(y, Slot::weight, {1.5, 1e-6});
  net.output(net.relu(y));
  expect_one(net.graph, Method::banoff, true);
  net.output(net.relu(net.conv(x, 2, 1)), "b");
  expect_one(net.graph, Method::banoff, false, Blocker::amplification);
}

TEST_CASE("a fold that does not reproduce the original is undone and the first wrong node named") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
  net.output(net.relu(net.bn(x)));
  const std::string conv = net.producer(x).name;
  // An executor that forgets the bias of folded convs stands for a rule that is wrong.
  const ComputeNode forgetful = [](const Graph& graph, const Node& node, const std::vector<Tensor>& inputs) {
    if (!node.as<Conv>() || node.param(Slot::bias) == none) return reference::compute<double>(graph, node, inputs);
    Node changed = node;
    std::get<Conv>(changed.op).bias = false;
    std::erase_if(changed.params, [](const auto& param) { return param.first == Slot::bias; });
    return reference::compute<double>(graph, changed, inputs);
  };
  Graph folded = net.graph;
  const FoldReport report = fold(folded, {}, {}, forgetful, us_by_nodes);
  CHECK(report.folded() == 0);
  CHECK(report.norms[0].blocker == Blocker::self_check);
  CHECK(report.norms[0].witness == conv);
  CHECK(folded.nodes.size() == net.graph.nodes.size());
  CHECK(difference(net.graph, folded) == 0);
}

TEST_CASE("a self-checked fold without anything to compute with is a usage error") {
  GraphBuilder net;
  net.output(net.bn(net.conv(net.input({1, 3, 6, 6}), 4)));
  CHECK_THROWS_WITH_AS(fold(net.graph, {}, {}, {}, us_by_nodes), "a self-checked fold needs something to compute with",
                       Error);
}

TEST_CASE("parameters are counted before and after, and the removed share as the paper counts it") {
  GraphBuilder net;
  net.output(net.relu(net.bn(net.conv(net.input({1, 3, 6, 6}), 4))));
  const FoldReport report = fold_with(net.graph, Method::banoff).report;
  CHECK(report.parameters_before == 4 * 27 + 16);
  CHECK(report.trainable_before == 4 * 27 + 8);
  CHECK(report.parameters_after == 4 * 27 + 4);
  CHECK(report.trainable_after == 4 * 27 + 4);
  CHECK(report.removed_percent_paper == doctest::Approx(100.0 * 8 / (4 * 27 + 8)));
}

TEST_CASE("half weights widen to float32 where they were folded, and stay half elsewhere") {
  GraphBuilder net(1, DType::f16);
  const ValueId x = net.relu(net.bn(net.conv(net.input({1, 3, 6, 6}), 4)));
  net.output(net.conv(x, 2));
  const Outcome outcome = fold_with(net.graph, Method::banoff);
  REQUIRE(outcome.report.folded() == 1);
  CHECK(outcome.folded.param(outcome.folded.nodes[0], Slot::weight)->dtype() == DType::f32);
  CHECK(outcome.folded.param(outcome.folded.nodes[2], Slot::weight)->dtype() == DType::f16);
  CHECK(outcome.error < 1e-5);
}

TEST_CASE("a norm between two convs folds into one of them only") {
  GraphBuilder net;
  net.output(net.conv(net.bn(net.conv(net.input({1, 3, 6, 6}), 4), "bn"), 5, 1));
  for (const Method method : {Method::naive, Method::banoff}) {
    CHECK(expect_one(net.graph, method, true).norm("bn").into.size() == 1);
  }
}
