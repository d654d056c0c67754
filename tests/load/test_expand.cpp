#include <cmath>

#include "support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {
const std::string head = "inputs: {x: [N=1, 8, 16, 16]}\n";

std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> result;
  for (const Node& node : graph.nodes) result.push_back(node.name);
  return result;
}

std::vector<std::string> inputs_of(const Graph& graph, const std::string& node) {
  std::vector<std::string> result;
  const NodeId id = graph.find(node);
  REQUIRE(id != none);
  for (const ValueId input : graph.node(id).inputs) result.push_back(graph.value(input).name);
  return result;
}

using Names = std::vector<std::string>;
}  // namespace

TEST_CASE("nodes read the item before them unless told otherwise") {
  const Graph g =
      parse(head + "nodes:\n  - a: relu\n  - b: tanh\n  - add: {from: [a, b, x]}\noutputs: {y: add, z: b}\n").graph;
  CHECK(inputs_of(g, "a") == Names{"x"});
  CHECK(inputs_of(g, "b") == Names{"a"});
  CHECK(inputs_of(g, "add") == Names{"a", "b", "x"});
  CHECK(g.outputs.size() == 2);
  CHECK(g.node(0).where.str() == "net.yaml:3");
}

TEST_CASE("parameters are named after path and slot") {
  const Graph g = parse(head + R"(
nodes:
  - g:
      - conv: {op: conv, out: 4, kernel: 3, bias: true}
      - bn: batch_norm
)")
                      .graph;
  Names params;
  for (const Param& p : g.params) params.push_back(p.name);
  CHECK(params ==
        Names{"g.conv.weight", "g.conv.bias", "g.bn.weight", "g.bn.bias", "g.bn.running_mean", "g.bn.running_var"});
}

TEST_CASE("a repeated block chains its instances and computes its arguments from the index") {
  const Graph g = parse(head + R"(
blocks:
  unit:
    args: {out: null, twice: "${2 * out}", act: true}
    nodes:
      - conv: {op: conv, out: $twice, kernel: 1}
      - relu: {op: relu, when: $act}
      - tail: tanh
nodes:
  - stage: {block: unit, repeat: 2, out: "${4 + i}", act: "${i == 1}"}
  - last: {op: relu, from: stage}
  - again: {op: relu, from: stage.0}
)")
                      .graph;
  CHECK(names(g) ==
        Names{"stage.0.conv", "stage.0.tail", "stage.1.conv", "stage.1.relu", "stage.1.tail", "last", "again"});
  CHECK(inputs_of(g, "stage.0.tail") == Names{"stage.0.conv"});
  CHECK(inputs_of(g, "stage.1.conv") == Names{"stage.0.tail"});
  CHECK(inputs_of(g, "last") == Names{"stage.1.tail"});
  CHECK(inputs_of(g, "again") == Names{"stage.0.tail"});
  CHECK(g.node(g.find("stage.1.conv")).as<Conv>()->out == 10);
}

TEST_CASE("from with outputs reads every earlier instance; without the index it feeds only the first") {
  const Graph g = parse(head + R"(
nodes:
  - stem: {op: conv, out: 4, kernel: 1}
  - dense:
      repeat: 3
      from: [stem, "${outputs}"]
      nodes:
        - cat: concat
        - conv: {op: conv, out: 4, kernel: 1}
  - chain: {op: relu, repeat: 2, from: stem}
  - "unit${i + 1}": {op: relu, repeat: 2}
)")
                      .graph;
  CHECK(inputs_of(g, "dense.2.cat") == Names{"stem", "dense.0.conv", "dense.1.conv"});
  CHECK(inputs_of(g, "chain.0") == Names{"stem"});
  CHECK(inputs_of(g, "chain.1") == Names{"chain.0"});
  CHECK(inputs_of(g, "unit1") == Names{"chain.1"});
  CHECK(inputs_of(g, "unit2") == Names{"unit1"});
}

TEST_CASE("blocks have named inputs and an output, and outer names stay visible") {
  const Graph g = parse(head + R"(
let: {k: 3}
blocks:
  join:
    inputs: [a, b]
    output: sum
    nodes:
      - sum: {op: add, from: [a, b, stem]}
      - side: relu
nodes:
  - stem: {op: conv, out: 8, kernel: $k, padding: same}
  - j: {block: join, from: [stem, x]}
  - y: relu
)")
                      .graph;
  CHECK(inputs_of(g, "j.sum") == Names{"stem", "x", "stem"});
  CHECK(inputs_of(g, "y") == Names{"j.sum"});
}

TEST_CASE("a split's outputs are taken one by one or all together") {
  const Graph g = parse(head + R"(
nodes:
  - split: {parts: 2}
  - left: {op: relu, from: "split[0]"}
  - concat: {from: [left, "split[1]"]}
  - all: {op: concat, from: split}
)")
                      .graph;
  CHECK(inputs_of(g, "concat") == Names{"left", "split[1]"});
  CHECK(inputs_of(g, "all") == Names{"split[0]", "split[1]"});
}

TEST_CASE("weights_from shares the parameters of a node or of a whole group") {
  const Graph g = parse(head + R"(
blocks:
  head: {nodes: [{conv: {op: conv, out: 8, kernel: 1, bias: true}}, {bn: batch_norm}]}
nodes:
  - a: {block: head}
  - b: {block: head, weights_from: a}
  - c: {op: conv, out: 8, kernel: 1, bias: true, weights_from: {weight: a.conv}}
)")
                      .graph;
  CHECK(g.params.size() == 7);
  CHECK(g.node(g.find("b.conv")).param(Slot::weight) == g.node(g.find("a.conv")).param(Slot::weight));
  CHECK(g.node(g.find("b.bn")).param(Slot::var) == g.node(g.find("a.bn")).param(Slot::var));
  CHECK(g.node(g.find("c")).param(Slot::weight) == g.node(g.find("a.conv")).param(Slot::weight));
  CHECK(g.node(g.find("c")).param(Slot::bias) != g.node(g.find("a.conv")).param(Slot::bias));
}

TEST_CASE("attributes of every kind are read") {
  const Graph g = parse(head + R"(
nodes:
  - dw: {op: conv, out: 8, kernel: [3, 5], groups: depthwise, padding: [[0, 1], [2, 2]], weight_standardization: 1.0e-3}
  - pool: {op: avg_pool, kernel: 2, stride: 1, padding: 1, count_include_pad: true}
  - slice: {axes: 2, begin: 1, end: null}
  - resize: {scale: 2, mode: linear, coordinates: align_corners}
  - relu6: relu6
  - clip: {min: -.inf, max: 3}
  - cast: {to: f16}
)")
                      .graph;
  const Conv& conv = *g.node(0).as<Conv>();
  CHECK(conv.groups == 0);
  CHECK(conv.padding.begin == Spatial(Ints{0, 2}));
  CHECK(conv.padding.end == Spatial(Ints{1, 2}));
  CHECK(conv.weight_standardization == 1e-3);
  CHECK(g.node(1).as<Pool>()->steps() == Spatial(1));
  CHECK(g.node(2).as<Slice>()->end == Ints{Slice::to_end});
  CHECK(g.node(3).as<Resize>()->scale == std::vector<double>{2});
  CHECK(g.node(4).as<Activation>()->beta == 6);
  CHECK(std::isinf(g.node(5).as<Activation>()->alpha));
  CHECK(g.node(6).as<Cast>()->to == DType::f16);
}

TEST_CASE("dimensions are fixed, symbolic or bounded") {
  const Graph g = parse(
                      "inputs:\n  a: [N, 3]\n  b: {shape: [K<=100, 4], dtype: i64}\n  c: [N=2, \"${1 + 2}\"]\n"
                      "nodes:\n  - r: {op: relu, from: a}\n")
                      .graph;
  CHECK(g.inputs[0].dims == std::vector<Dim>{{0, "N", false}, {3, "", false}});
  CHECK(g.inputs[1].dims == std::vector<Dim>{{100, "K", true}, {4, "", false}});
  CHECK(g.inputs[1].dtype == DType::i64);
  CHECK(g.inputs[2].dims == std::vector<Dim>{{2, "N", false}, {3, "", false}});
}
