#include "support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {
const std::string head = "inputs: {x: [1, 8, 16, 16]}\n";

/// The error of a network whose nodes are these lines, the first of which is line 3.
std::string nodes_error(const std::string& lines) { return parse_error(head + "nodes:\n" + lines); }
}  // namespace

TEST_CASE("an unknown op or key names its line, its node and what was probably meant") {
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: cnov}\n"), "net.yaml:3: 'c'", "no op 'cnov'", "did you mean 'conv'?");
  CHECK_MESSAGE_HAS(nodes_error("  - a: relu\n  - c: {op: conv, out: 4, kernel: 3,\n      strid: 2}\n"),
                    "net.yaml:5: conv 'c'", "unknown key 'strid'", "did you mean 'stride'?");
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: conv, kernel: 3}\n"), "net.yaml:3: conv 'c'", "'out' must be given");
  CHECK_MESSAGE_HAS(nodes_error("  - r: {op: relu6, min: 1}\n"), "net.yaml:3: relu6 'r'", "unknown key 'min'");
  CHECK_MESSAGE_HAS(nodes_error("  - g: {op: group_norm, groups: depthwise}\n"), "net.yaml:3: group_norm 'g'",
                    "groups: expected an integer");
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: conv, out: 8, kernel: 1, groups: 0}\n"), "net.yaml:3: conv 'c'", "got 0");
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: conv, out: \"${8 / 2}\", kernel: 1}\n"), "expected an integer", "//");
  CHECK_MESSAGE_HAS(parse_error(head + "nodess: []\n"), "net.yaml:2", "unknown key 'nodess'", "'nodes'");
  CHECK_MESSAGE_HAS(nodes_error("  - b: {block: basc}\n"), "net.yaml:3: 'b'", "no block 'basc'");
}

TEST_CASE("what does not fit is told with the node") {
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: conv, out: 4, kernel: 3, groups: 3}\n"), "net.yaml:3: conv 'c'");
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: conv, out: 4, kernel: 3, bias: 1}\n"),
                    "net.yaml:3: conv 'c': bias: expected true or false");
}

TEST_CASE("cycles and references to later nodes are told apart") {
  CHECK_MESSAGE_HAS(nodes_error("  - a: {op: relu, from: c}\n  - b: {op: relu, from: x}\n  - c: {op: relu, from: x}\n"),
                    "net.yaml:3: 'a'", "defined later (line 5)");
  CHECK_MESSAGE_HAS(nodes_error("  - a: {op: add, from: [x, c]}\n  - b: relu\n  - c: relu\n"), "net.yaml:3: 'a'",
                    "a cycle, a -> c -> b -> a");
  CHECK_MESSAGE_HAS(nodes_error("  - a: {op: relu, from: a}\n"), "net.yaml:3: 'a'", "cycle");
  CHECK_MESSAGE_HAS(nodes_error("  - g:\n    - a: {op: relu, from: g}\n"), "net.yaml:4: 'g.a'", "cycle");
  CHECK_MESSAGE_HAS(nodes_error("  - relu1: relu\n  - b: {op: relu, from: rleu1}\n"), "net.yaml:4: 'b'",
                    "did you mean 'relu1'?");
  CHECK_MESSAGE_HAS(nodes_error("  - a: {op: relu, when: false}\n  - b: {op: relu, from: a}\n"),
                    "left out by its 'when'");
}

TEST_CASE("duplicate names and duplicate keys are errors") {
  CHECK_MESSAGE_HAS(nodes_error("  - a: relu\n  - a: relu\n"), "net.yaml:4: 'a'", "used twice (first on line 3)");
  CHECK_MESSAGE_HAS(nodes_error("  - x: relu\n"), "net.yaml:3: 'x'", "used twice");
  CHECK_MESSAGE_HAS(nodes_error("  - a: {op: relu, op: tanh}\n"), "net.yaml:3", "duplicate key 'op'");
}

TEST_CASE("an alias bomb is refused by its expanded size") {
  std::string bomb = head + "let:\n  a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("  a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) bomb += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  CHECK_MESSAGE_HAS(parse_error(bomb + "nodes: [{r: relu}]\n"), "net.yaml:", "more than 1000000 values");
  CHECK_MESSAGE_HAS(parse_error("a: &a [*a]\n"), "net.yaml:1");
}

TEST_CASE("lists that grow by expressions are refused as well") {
  std::string text = head + "let:\n  a0: [1, 1, 1, 1]\n";
  for (int i = 1; i < 40; ++i) text += fmt::format("  a{0}: \"${{a{1} + a{1}}}\"\n", i, i - 1);
  CHECK_MESSAGE_HAS(parse_error(text + "nodes: [{r: relu}]\n"), "net.yaml:", "more than 100000 values");
}

TEST_CASE("deep nesting is refused") {
  CHECK_MESSAGE_HAS(parse_error(std::string(100'000, '[')), "net.yaml:1", "nested more than 64");
  CHECK_MESSAGE_HAS(parse_error(head + "blocks: {b: {nodes: [{b: {block: b}}]}}\nnodes: [{b: {block: b}}]\n"),
                    "net.yaml:2", "does a block use itself?");
}

TEST_CASE("repetition cannot multiply into a hang") {
  std::string text = head + "blocks:\n  b0: {nodes: [{r: {op: relu, when: false}}]}\n";
  for (int i = 1; i < 20; ++i)
    text += fmt::format("  b{}: {{nodes: [{{r: {{block: b{}, repeat: 1000}}}}]}}\n", i, i - 1);
  CHECK_MESSAGE_HAS(parse_error(text + "nodes: [{b: {block: b19}}]\n"), "net.yaml:", "expands to more than");
  CHECK_MESSAGE_HAS(nodes_error("  - r: {op: relu, repeat: 1000000}\n"), "repeat: expected a number from 0 to 1000");
}

TEST_CASE("a repetition counts for what it makes, however often it is repeated") {
  std::string text = head + "blocks:\n  b: {nodes: [{p: relu}, {q: relu}, {r: relu}]}\nnodes:\n";
  for (int i = 0; i < 2; ++i) text += fmt::format("  - s{}: {{block: b, repeat: 1000}}\n", i);
  LoadLimits limits;
  limits.max_yaml_nodes = 30'000;
  CHECK(parse(text, limits).graph.nodes.size() == 6000);
  // Who reads the list of what the repetitions made pays for it.
  const std::string reading = "nodes:\n  - c: {op: add, repeat: 1000, from: [x, x, '${outputs}']}\n";
  CHECK_MESSAGE_HAS(parse_error(head + reading, limits), "net.yaml:", "expands to more than 30000 items");
}

TEST_CASE("sizes beyond reason are errors before anything is allocated") {
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: conv, out: 1099511627776, kernel: 1}\n"), "net.yaml:3: conv 'c'", "limit");
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: constant, shape: [1048576, 1048576]}\n"), "net.yaml:3: constant 'c'",
                    "limit");
  CHECK_MESSAGE_HAS(nodes_error("  - c: {op: constant, shape: [4294967296, 4294967296]}\n"),
                    "net.yaml:3: constant 'c'");
  CHECK_MESSAGE_HAS(parse_error("inputs: {x: [9999999999999, 3]}\nnodes: [{r: relu}]\n"), "net.yaml:1", "2^40");
}

TEST_CASE("a file over the byte limit, an empty file and binary garbage are refused") {
  LoadLimits limits;
  limits.max_yaml_bytes = 10;
  CHECK_MESSAGE_HAS(parse_error("name: a long enough text\n", limits), "net.yaml", "more than the 10");
  CHECK_MESSAGE_HAS(parse_error(""), "net.yaml", "empty");
  CHECK_MESSAGE_HAS(parse_error("# nothing\n"), "net.yaml");
  CHECK_MESSAGE_HAS(parse_error(std::string("\x7f"
                                            "ELF\x00\x01\xff\xfe{{{[",
                                            13)),
                    "net.yaml");
  CHECK_MESSAGE_HAS(parse_error("- just\n- a list\n"), "net.yaml:1", "must be a map");
  CHECK_MESSAGE_HAS(parse_error("a: b: c\n"), "net.yaml:1", "not valid YAML");
}
