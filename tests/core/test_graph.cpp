// The graph as a list of nodes some of which are gone, and who reads what.
#include <doctest/doctest.h>

#include "tests/support/graph_builder.hpp"

using namespace banoff;

namespace {

using Names = std::vector<std::string>;

Names live_names(const Graph& graph) {
  Names names;
  for (const Node& node : graph.live()) names.push_back(node.name);
  return names;
}

/// x, then a, b, c in a row; b and c are outputs, and d adds a and b.
Graph chain() {
  test::GraphBuilder net;
  const ValueId x = net.input({1, 2, 3, 3}, "x");
  const ValueId a = net.add(Identity{}, {x}, "a");
  const ValueId b = net.add(Identity{}, {a}, "b");
  net.output(net.add(Identity{}, {b}, "c"), "c");
  net.output(b, "b");
  net.output(net.add(Binary{BinaryKind::add}, {a, b}, "d"), "d");
  return net.graph;
}

}  // namespace

TEST_CASE("erased nodes are passed over, wherever they stand") {
  Graph graph = chain();
  CHECK(live_names(graph) == Names{"a", "b", "c", "d"});
  for (const NodeId gone : {0, 2, 3}) graph.node(gone).outputs.clear();
  CHECK(live_names(graph) == Names{"b"});
  std::vector<NodeId> ids;
  for (const NodeId id : graph.live_ids()) ids.push_back(id);
  CHECK(ids == std::vector<NodeId>{1});
  graph.node(1).outputs.clear();
  CHECK(live_names(graph).empty());
  CHECK(live_names(Graph()).empty());
}

TEST_CASE("nodes may be added and erased on the way") {
  Graph graph = chain();
  Names met;
  for (const NodeId id : graph.live_ids()) {
    met.push_back(graph.node(id).name);
    if (id == 0) graph.node(1).outputs.clear();
    if (id == 3) graph.add_node({"e", Identity{}, {0}, {}, {}, {}});
  }
  CHECK(met == Names{"a", "c", "d", "e"});
}

TEST_CASE("readers follow a node that is bypassed") {
  Graph graph = chain();
  Readers readers = graph.readers();
  const auto made_by = [&](NodeId id) { return graph.node(id).outputs.at(0); };
  const ValueId a = made_by(0), b = made_by(1), c = made_by(2);
  CHECK(readers.of(a) == std::vector<NodeId>{1, 3});
  CHECK(readers.of(b) == std::vector<NodeId>{2, 3});
  CHECK(readers.only(graph.inputs[0].value) == 0);
  CHECK(readers.only(a) == none);  // two
  CHECK(readers.only(b) == none);
  CHECK(readers.is_output(b));
  CHECK_FALSE(readers.is_output(a));
  graph.bypass(1, readers);
  CHECK(graph.node(2).inputs == std::vector<ValueId>{a});
  CHECK(graph.node(3).inputs == std::vector<ValueId>{a, a});
  CHECK(graph.outputs[1].value == a);
  const Readers anew = graph.readers();
  for (const ValueId value : {a, b, c}) {
    CHECK(readers.of(value) == anew.of(value));
    CHECK(readers.is_output(value) == anew.is_output(value));
  }
}
