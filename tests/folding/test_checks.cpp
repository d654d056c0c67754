// The self-check itself: it meets every border on small samples, and nothing that goes wrong in it ends the fold.
#include "folding/sample_shapes.hpp"
#include "runtime/core/fail.hpp"
#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// A conv, a constant of this shape added to it, a norm, a ReLU and a conv.
GraphBuilder with_constant(const Ints& shape, std::int64_t size = 8) {
  GraphBuilder net(31);
  const ValueId x = net.conv(net.input({1, 3, size, size}), 4, 3, 1, 1, 1, true);
  const ValueId sum = net.add(Binary{BinaryKind::add}, {x, net.add(Constant{shape}, {})}, "sum");
  net.output(net.conv(net.relu(net.bn(sum, "bn")), 2));
  return net;
}

std::map<ValueId, Shape> samples_of(const Graph& graph, const std::string& node) {
  return gauge::sample_shapes(graph, {graph.find(node)}, infer_types(graph));
}

/// Throws for the conv called `name` once a fold has given it a bias.
ComputeNode failing_at(const std::string& name) {
  return [name](const Graph& graph, const Node& node, const std::vector<Tensor>& inputs) {
    if (node.name == name && node.as<Conv>()->bias) fail_input("no memory for '{}'", name);
    return reference::compute<double>(graph, node, inputs);
  };
}

}  // namespace

TEST_CASE("a constant of any rank before a norm: the norm folds under every method") {
  for (const Ints& shape : {Ints{1, 4, 8, 8}, Ints{4, 8, 8}, Ints{1, 4, 1, 1}, Ints{4, 1, 1}, Ints{1, 4, 8, 1}}) {
    CAPTURE(Shape(shape).str());
    const GraphBuilder net = with_constant(shape);
    for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
      const Outcome outcome = fold_with(net.graph, method);
      // The naive method sees no chain through a sum.
      CHECK(outcome.report.folded() == (method == Method::naive ? 0 : 1));
      CHECK(outcome.error < 1e-9);
    }
  }
}

TEST_CASE(
    "a constant without channels before a norm stops what would need one number for all of them, not the command") {
  for (const Ints& shape : {Ints{}, Ints{1}, Ints{8, 8}, Ints{8, 1}, Ints{1, 1, 8, 8}, Ints{8}}) {
    CAPTURE(Shape(shape).str());
    const GraphBuilder net = with_constant(shape);
    for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
      const Outcome outcome = fold_with(net.graph, method);
      CHECK(outcome.error < 1e-9);
      for (const FoldedNorm& norm : outcome.report.norms) CHECK(norm.blocker != Blocker::self_check);
    }
  }
}

TEST_CASE("samples shrink with their constants, dimension by dimension from the last") {
  for (const Ints& shape : {Ints{1, 4, 64, 64}, Ints{4, 64, 64}, Ints{64, 64}, Ints{64, 1}, Ints{1, 4, 1, 1}}) {
    CAPTURE(Shape(shape).str());
    const GraphBuilder net = with_constant(shape, 64);
    for (const auto& [value, sample] : samples_of(net.graph, "sum")) CHECK(sample.elements() < 4 * 16);
  }
}

TEST_CASE("samples shrink before a PReLU of one slope") {
  GraphBuilder net(32);
  const ValueId x = net.add(PRelu{}, {net.conv(net.input({1, 3, 64, 64}), 4)}, "prelu");
  net.producer(x).params.clear();
  net.graph.set_param(net.graph.find("prelu"), Slot::weight, Tensor::of<double>({1}, {0.3}));
  net.output(net.conv(x, 2));
  CHECK(samples_of(net.graph, "prelu").begin()->second.elements() < 4 * 16);
}

TEST_CASE("an error inside a check gives the fold up and names it") {
  GraphBuilder net(33);
  const ValueId x = net.relu(net.bn(net.conv(net.input({1, 3, 8, 8}), 4), "first"));
  Conv layer;
  layer.out = 5, layer.kernel = 3, layer.bias = false;
  net.output(net.relu(net.bn(net.add(layer, {x}, "layer"), "second")));
  for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
    CAPTURE(name_of(method));
    Graph folded = net.graph;
    FoldOptions options;
    options.method = method;
    const FoldReport report = fold(folded, {}, options, failing_at("layer"), us_by_nodes);
    CHECK(report.norms[0].folded);
    CHECK(!report.norms[1].folded);
    CHECK(report.norms[1].blocker == Blocker::self_check);
    CHECK(report.norms[1].reason.find("no memory for 'layer'") != std::string::npos);
    CHECK(difference(net.graph, folded) < 1e-9);
  }
}
