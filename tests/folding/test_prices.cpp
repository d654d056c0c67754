// What clamps and padding values are weighed with: the prices of a device, here made-up ones.
#include "banoff/error.hpp"
#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Microseconds of a batch norm, a clamp and a convolution with padding values; nothing else takes any time.
struct Costs {
  double norm = 0, clamp = 0, padding = 0;
};

Price by(const Costs& costs) {
  return [costs](const Graph& graph) {
    double us = 0;
    for (const Node& node : graph.live()) {
      if (node.as<BatchNorm>()) us += costs.norm;
      if (node.as<Clamp>()) us += costs.clamp;
      if (const auto* conv = node.as<Conv>(); conv && conv->pad_value) us += costs.padding;
    }
    return us;
  };
}

/// A norm between two activations whose negative scales only clamps let through.
Graph between_activations() {
  GraphBuilder net(21);
  const ValueId y = net.bn(net.relu(net.conv(net.input({1, 3, 8, 8}), 4, 3, 1, 1, 1, true)), "norm");
  net.set(y, Slot::weight, {-0.7, 0.4, -1.3, 0.9});
  net.classifier(net.relu(y));
  return net.graph;
}

/// A norm whose shift only padding values let through.
Graph before_padding() {
  GraphBuilder net(22);
  const ValueId y = net.bn(net.relu(net.conv(net.input({1, 3, 8, 8}), 4)), "norm");
  net.set(y, Slot::weight, {0.7, 0.4, 1.3, 0.9});
  net.classifier(net.relu(net.conv(y, 5)));
  return net.graph;
}

FoldOptions options(bool borders) {
  FoldOptions result;
  result.borders = borders;
  return result;
}

std::vector<std::string_view> ops_of(const Graph& graph) {
  std::vector<std::string_view> ops;
  for (const Node& node : graph.live()) ops.push_back(row_of(node.op).name);
  return ops;
}

}  // namespace

TEST_CASE("clamps are taken where the device says that the network then takes less time, and only there") {
  const Graph graph = between_activations();
  const Outcome dear = fold_with(graph, options(false), by({.norm = 5, .clamp = 6}));
  CHECK(dear.report.folded() == 0);
  CHECK(dear.report.folded_clamp == 1);
  CHECK(ops_of(dear.folded) == ops_of(graph));
  const Outcome cheap = fold_with(graph, options(false), by({.norm = 5, .clamp = 2}));
  CHECK(cheap.report.folded_with_clamp() == 1);
  CHECK(cheap.report.folded_literal == 0);
  CHECK(cheap.error < 1e-12);
}

TEST_CASE("padding values are taken where the device says so, and only there") {
  const Graph graph = before_padding();
  FoldOptions literal = options(true);
  literal.activations = Activations::literal;
  CHECK(fold_with(graph, literal, by({.norm = 5, .padding = 6})).report.folded() == 0);
  const Outcome cheap = fold_with(graph, literal, by({.norm = 5, .padding = 4}));
  CHECK(cheap.report.folded() == 1);
  CHECK(cheap.error < 1e-12);
}

TEST_CASE("where it makes no difference in time activations and padding stay as they are") {
  CHECK(fold_with(between_activations(), options(true), by({})).report.folded() == 0);
  CHECK(fold_with(before_padding(), options(true), by({})).report.folded() == 0);
}

TEST_CASE("what is priced is a network that can be run, of the ops that the fold then makes") {
  for (const Graph& graph : {between_activations(), before_padding()}) {
    std::vector<std::vector<std::string_view>> priced;
    const Outcome outcome = fold_with(graph, options(true), [&](const Graph& draft) {
      verify(draft, infer_types(draft));
      priced.push_back(ops_of(draft));
      return us_by_nodes(draft);
    });
    REQUIRE(outcome.report.folded() == 1);
    CHECK(std::ranges::count(priced, ops_of(graph)) == 1);
    CHECK(std::ranges::count(priced, ops_of(outcome.folded)) == 1);
  }
}

TEST_CASE("prices are asked for where there is something to weigh: the others need none") {
  Graph graph = between_activations();
  CHECK_THROWS_WITH_AS(fold(graph, {}, {}, reference::compute<double>, {}),
                       "what clamps and padding values cost has to be asked of prices", Error);
  FoldOptions decided = options(false);
  decided.activations = Activations::clamp;
  CHECK(fold(graph, {}, decided, reference::compute<double>, {}).folded() == 1);
  graph = between_activations();
  FoldOptions counting = options(true);
  counting.objective = Objective::count;
  CHECK(fold(graph, {}, counting, reference::compute<double>, {}).folded() == 1);
}
