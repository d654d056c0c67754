// The corners of the theory in docs/folding.md, each a net of a few nodes.
#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

FoldOptions optimal(Activations activations, Objective objective = Objective::count) {
  FoldOptions options;
  options.activations = activations;
  options.objective = objective;
  options.borders = false;
  return options;
}

Outcome expect(const Graph& graph, const FoldOptions& options, std::size_t folded) {
  Outcome outcome = fold_with(graph, options);
  for (const FoldedNorm& norm : outcome.report.norms) {
    INFO(norm.name << ": " << norm.reason);
    CHECK(norm.blocker != Blocker::self_check);
  }
  CHECK(outcome.report.folded() == folded);
  CHECK(outcome.error < 1e-12);
  return outcome;
}

/// y = a x, per channel, with gamma of one sign.
ValueId scaling(GraphBuilder& net, ValueId x, double sign, const std::string& name) {
  const ValueId y = net.bn(x, name);
  const auto channels = static_cast<std::size_t>(net.type(x).shape[1]);
  std::vector<double> gamma(channels);
  for (double& each : gamma) each = sign * net.uniform(0.3, 1.7);
  net.set(y, Slot::weight, gamma);
  net.set(y, Slot::mean, std::vector<double>(channels, 0.0));
  net.set(y, Slot::bias, std::vector<double>(channels, 0.0));
  return y;
}

}  // namespace

TEST_CASE("the heaviest norm first is not the best: signs +, -, + on one stream, the middle one the largest") {
  GraphBuilder net(3);
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
  const ValueId smaller = net.pool(PoolKind::avg, x, 2, 1);
  net.output(net.conv(net.relu(scaling(net, smaller, 1, "first")), 2), "a");
  net.output(net.conv(net.relu(scaling(net, x, -1, "second")), 2), "b");
  net.output(net.conv(net.relu(scaling(net, smaller, 1, "third")), 2), "c");
  const Outcome outcome = expect(net.graph, optimal(Activations::literal, Objective::bytes), 2);
  CHECK(outcome.report.proved);
  CHECK(outcome.norm("first").folded);
  CHECK(outcome.norm("third").folded);
  CHECK(outcome.norm("second").blocker == Blocker::conflict);
}

TEST_CASE("pairs say nothing about triples: of B(A(x)) + D(x) any two go, not all three") {
  GraphBuilder net(4);
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4, 3, 1, 0);
  const ValueId sum = net.sum({net.bn(net.bn(x, "A"), "B"), net.bn(x, "D")});
  net.output(net.conv(sum, 2, 1));
  CHECK(expect(net.graph, optimal(Activations::literal), 2).report.proved);
}

TEST_CASE("x + BN(x) keeps its norm: the scale comes back to itself") {
  GraphBuilder net(5);
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
  net.output(net.conv(net.sum({x, net.bn(x, "loop")}), 2, 1));
  const Outcome outcome = expect(net.graph, optimal(Activations::clamp), 0);
  CHECK(outcome.norm("loop").blocker == Blocker::conflict);
  CHECK(outcome.norm("loop").reason.find("'loop'") == std::string::npos);  // no norm is said to hinder itself
}

TEST_CASE("a negative gamma between two max-pools stays, a positive one goes") {
  for (const bool positive : {false, true}) {
    GraphBuilder net(6);
    net.positive_gamma = positive;
    const ValueId x = net.pool(PoolKind::max, net.conv(net.input({1, 3, 9, 9}), 4), 3, 2, 1);
    net.output(net.conv(net.pool(PoolKind::max, net.bn(x), 3, 2, 1), 2));
    expect(net.graph, optimal(Activations::clamp), positive ? 1 : 0);
  }
}

TEST_CASE("conv-ReLU-BN folds back through the activation, padding before and behind, at any sign of gamma") {
  for (const Activation& activation : {Activation{ActivationKind::relu},
                                       {ActivationKind::clip, 0, 6},
                                       {ActivationKind::clip, -1, 0.5},
                                       {ActivationKind::leaky_relu, 0.1}}) {
    CAPTURE(row_of(Op(activation)).name);
    GraphBuilder net(7);
    const ValueId x = net.add(activation, {net.conv(net.input({1, 3, 9, 9}), 4)});
    net.output(net.conv(net.bn(x, "bn"), 3));
    const Outcome outcome = expect(net.graph, optimal(Activations::clamp), 1);
    CHECK(outcome.norm("bn").clamp);
    CHECK(outcome.report.folded_with_clamp() == 1);
    expect(net.graph, optimal(Activations::literal), 0);
  }
}

TEST_CASE("PReLU with a slope per channel folds with its kink moved") {
  GraphBuilder net(8);
  net.output(net.conv(net.bn(net.add(PRelu{}, {net.conv(net.input({1, 3, 9, 9}), 4)})), 3));
  expect(net.graph, optimal(Activations::clamp), 1);
}

TEST_CASE("clamps move again when a folded network is folded") {
  GraphBuilder net(9);
  Clamp clamp;
  ValueId x = net.add(clamp, {net.conv(net.input({1, 3, 9, 9}), 4)});
  x = net.conv(net.bn(x), 3);
  net.output(net.conv(net.bn(net.add(Kinked{}, {x})), 2));
  expect(net.graph, optimal(Activations::literal), 2);
}

TEST_CASE("a batch norm in front of a padded conv goes into its padding values") {
  GraphBuilder net(10);
  const ValueId image = net.input({1, 3, 9, 9});
  net.output(net.conv(net.bn(net.add(Activation{ActivationKind::sigmoid}, {image}), "bn"), 4, 3, 2));
  FoldOptions options = optimal(Activations::clamp);
  expect(net.graph, options, 0);
  options.borders = true;
  const Outcome outcome = expect(net.graph, options, 1);
  REQUIRE(outcome.folded.nodes.back().as<Conv>());
  CHECK(outcome.folded.nodes.back().as<Conv>()->pad_value);
}

TEST_CASE("a gamma of zero goes where nobody needs its inverse") {
  GraphBuilder net(11);
  const ValueId x = net.conv(net.input({1, 3, 9, 9}), 4);
  const ValueId y = net.bn(net.conv(x, 4), "last");
  net.set(y, Slot::weight, {0, 0, 0, 0});
  net.output(net.conv(net.relu(net.sum({x, y})), 2));
  expect(net.graph, optimal(Activations::automatic), 1);
}

TEST_CASE("a fold that would hide a value somebody reads is given up and says so") {
  GraphBuilder net(12);
  const ValueId x = net.conv(net.input({1, 3, 9, 9}), 2);
  const ValueId y = net.bn(x, "tiny");
  net.set(y, Slot::weight, {1e-6, 0.5});
  net.set(y, Slot::bias, {3.0, 0.5});
  net.output(net.conv(net.relu(y), 2, 1), "a");
  net.output(net.conv(x, 2, 1), "b");
  FoldOptions options = optimal(Activations::clamp);
  const Outcome outcome = expect(net.graph, options, 0);
  CHECK(outcome.norm("tiny").blocker == Blocker::amplification);
  options.max_amplification = options.max_cancellation = 1e9;
  options.tolerance = 1e-6;
  CHECK(fold_with(net.graph, options).report.folded() == 1);
}

TEST_CASE("auto keeps literal activations where clamps gain nothing") {
  GraphBuilder net(13);
  net.classifier(net.conv_bn_relu(net.conv_bn_relu(net.input({1, 3, 9, 9}), 4), 4));
  const Outcome outcome = expect(net.graph, optimal(Activations::automatic, Objective::bytes), 2);
  CHECK(outcome.report.folded_with_clamp() == 0);
}

TEST_CASE("the scale and shift of a group norm fold into the conv behind it, and stay its own where they cannot") {
  for (const bool before_conv : {true, false}) {
    GraphBuilder net(14);
    GroupNorm op;
    op.groups = 2;
    const ValueId x = net.add(op, {net.conv(net.input({1, 3, 9, 9}), 4)}, "norm");
    net.output(before_conv ? net.conv(x, 3, 1) : net.add(Activation{ActivationKind::silu}, {x}));
    const Outcome outcome = expect(net.graph, optimal(Activations::clamp), 0);
    CHECK(outcome.report.affine_nodes == 1);
    CHECK(outcome.report.affine_folded == (before_conv ? 1 : 0));
    REQUIRE(outcome.folded.find("norm") != none);
    CHECK(outcome.folded.node(outcome.folded.find("norm")).as<GroupNorm>()->affine == !before_conv);
    CHECK(outcome.folded.nodes.size() == net.graph.nodes.size());
  }
}

TEST_CASE("constants per channel that are added or multiplied fold like batch norms") {
  for (const BinaryKind kind : {BinaryKind::add, BinaryKind::sub, BinaryKind::mul, BinaryKind::div}) {
    GraphBuilder net(15);
    const ValueId x = net.conv(net.input({1, 3, 9, 9}), 4);
    const ValueId y = net.add(Binary{kind}, {x, net.add(Constant{{1, 4, 1, 1}}, {})});
    net.output(net.conv(net.relu(net.bn(y)), 2));
    const Outcome outcome = expect(net.graph, optimal(Activations::literal), 1);
    CHECK(outcome.report.affine_folded == 1);
    CHECK(outcome.folded.nodes.size() == 3);
  }
}
