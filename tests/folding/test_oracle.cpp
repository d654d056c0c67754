// The oracle itself: the theory's examples, and its verdicts computed on the networks that they promise.
#include "tests/folding/check.hpp"
#include "tests/folding/nets.hpp"
#include "tests/folding/oracle.hpp"
#include "tests/folding/random_net.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr OracleRules literal{.clamp = false};
constexpr OracleRules clamp{.clamp = true};

bool can(const Graph& graph, const OracleRules& rules, const std::vector<std::string>& names) {
  const Oracle oracle(graph, rules);
  std::vector<std::size_t> removed;
  for (std::size_t i = 0; i < oracle.norms().size(); ++i) {
    if (std::ranges::count(names, graph.node(oracle.norms()[i]).name) > 0) removed.push_back(i);
  }
  REQUIRE(removed.size() == names.size());
  return oracle.solve(removed).has_value();
}

std::size_t most(const Graph& graph, const OracleRules& rules) { return Oracle(graph, rules).largest().size(); }

/// The difference that removing these norms makes, computed.
double error_of(const Graph& graph, const Oracle& oracle, const std::vector<std::size_t>& removed) {
  std::vector<NodeId> nodes;
  for (const std::size_t i : removed) nodes.push_back(oracle.norms()[i]);
  const Graph folded = rewritten(graph, oracle.solve(removed).value(), nodes);
  for (const NodeId id : nodes) REQUIRE(folded.find(graph.node(id).name) == none);
  return difference(graph, folded);
}

ValueId norm(GraphBuilder& net, ValueId x, const std::string& name, const std::vector<double>& gamma,
             double offset = 1) {
  const ValueId y = net.bn(x, name);
  net.set(y, Slot::weight, gamma);
  if (offset == 0) {
    net.set(y, Slot::mean, std::vector<double>(gamma.size(), 0.0));
    net.set(y, Slot::bias, std::vector<double>(gamma.size(), 0.0));
  }
  return y;
}

/// Three norms that read one stream, each before a ReLU and a conv.
Graph stream(double offset) {
  GraphBuilder net(3);
  const ValueId x = net.conv(net.input({1, 2, 3, 3}), 2, 1);
  int i = 0;
  for (const double sign : {1.0, -1.0, 1.0}) {
    const ValueId y = norm(net, x, "bn" + std::to_string(i++), {sign * 0.7, sign * 1.3}, offset);
    net.output(net.conv(net.relu(y), 2, 1), "out" + std::to_string(i));
  }
  return net.graph;
}

}  // namespace

TEST_CASE("of three norms on a stream with gamma +, -, + a literal ReLU keeps one; clamps fold all") {
  CHECK(most(stream(0), literal) == 2);
  CHECK(can(stream(0), literal, {"bn0", "bn2"}));
  CHECK_FALSE(can(stream(0), literal, {"bn0", "bn1"}));
  CHECK(most(stream(0), clamp) == 3);
  // With offsets every norm asks the stream for another shift.
  CHECK(most(stream(1), literal) == 1);
  CHECK(most(stream(1), clamp) == 3);
}

TEST_CASE("B(A(x)) + D(x): every pair can go, the three together cannot") {
  GraphBuilder net(4);
  const ValueId x = net.conv(net.input({1, 2, 3, 3}), 2, 1);
  net.output(net.conv(net.sum({net.bn(net.bn(x, "A"), "B"), net.bn(x, "D")}), 2, 1));
  for (const OracleRules& rules : {literal, clamp}) {
    CHECK(can(net.graph, rules, {"A", "B"}));
    CHECK(can(net.graph, rules, {"A", "D"}));
    CHECK(can(net.graph, rules, {"B", "D"}));
    CHECK_FALSE(can(net.graph, rules, {"A", "B", "D"}));
    CHECK(most(net.graph, rules) == 2);
  }
}

TEST_CASE("x + BN(x) keeps its norm, for the scale would have to be its own multiple") {
  GraphBuilder net(5);
  const ValueId x = net.conv(net.input({1, 2, 3, 3}), 2, 1);
  net.output(net.conv(net.sum({x, net.bn(x)}), 2, 1));
  CHECK(most(net.graph, literal) == 0);
  CHECK(most(net.graph, clamp) == 0);
}

TEST_CASE("between two max-pools a norm can go when no gamma is negative") {
  for (const std::vector<double>& gamma : {std::vector<double>{0.7, 1.3}, {0.7, -1.3}, {-0.7, -1.3}}) {
    GraphBuilder net(6);
    const ValueId x = net.pool(PoolKind::max, net.conv(net.input({1, 2, 4, 4}), 2, 1), 2, 1);
    net.output(net.conv(net.pool(PoolKind::max, norm(net, x, "bn", gamma), 2, 1), 2, 1));
    const std::size_t expected = gamma[0] > 0 && gamma[1] > 0 ? 1 : 0;
    CHECK(most(net.graph, literal) == expected);
    CHECK(most(net.graph, clamp) == expected);
  }
}

TEST_CASE("the oracle on the paper's figures 2 and 4") {
  struct Row {
    Graph net;
    std::size_t literal, clamp;
  };
  for (const Row& row : {Row{figure2('a'), 3, 3},
                         {figure2('b'), 2, 3},
                         {figure2('c'), 1, 1},
                         {figure4('a'), 1, 1},
                         {figure4('b'), 0, 0}}) {
    CHECK(most(row.net, literal) == row.literal);
    CHECK(most(row.net, clamp) == row.clamp);
    for (const OracleRules& rules : {literal, clamp}) {
      const Oracle oracle(row.net, rules);
      CHECK(error_of(row.net, oracle, oracle.largest()) < 1e-9);
    }
  }
}

TEST_CASE("what the oracle says can go does go: the networks it promises compute the same") {
  std::size_t norms = 0, removed = 0, with_clamps = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const Graph net = random_net(seed, {.small = true, .positive_gamma = seed % 4 == 0, .odd_gamma = false});
    for (const bool wide : {true, false}) {
      for (const bool clamps : {false, true}) {
        CAPTURE(wide);
        CAPTURE(clamps);
        const Oracle oracle(net, {clamps, wide});
        const std::vector<std::size_t> best = oracle.largest();
        CHECK(error_of(net, oracle, best) < 1e-9);
        if (!wide) continue;
        (clamps ? with_clamps : removed) += best.size();
        norms += clamps ? 0 : oracle.norms().size();
      }
    }
  }
  CHECK(removed > norms / 4);
  CHECK(with_clamps > removed + norms / 20);
  CHECK(with_clamps < norms);
}
