// Which values are put on grids.
#include "runtime/compress/quantize/places.hpp"
#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Found {
  Graph graph;
  quantize::Places places;
  explicit Found(Graph net, const std::set<std::string>& kept = {}) : graph(std::move(net)) {
    std::set<NodeId> ids;
    for (const std::string& name : kept) ids.insert(graph.find(name));
    places = quantize::find_places(graph, infer_types(graph), ids);
  }
  [[nodiscard]] std::size_t at(const std::string& name) const {
    const auto found = std::ranges::find(graph.values, name, &Value::name);
    REQUIRE(found != graph.values.end());
    return static_cast<std::size_t>(found - graph.values.begin());
  }
  [[nodiscard]] bool put(const std::string& name) const { return places.put[at(name)]; }
  [[nodiscard]] bool together(const std::string& a, const std::string& b) const {
    return places.group[at(a)] == places.group[at(b)];
  }
};

/// Names of what makes values, as the builder chose them.
std::string name(const GraphBuilder& net, ValueId value) { return net.graph.value(value).name; }

}  // namespace

TEST_CASE("a region of one kernel is rounded at its end alone, and what only moves keeps its grid") {
  GraphBuilder net(1, DType::f32);
  const ValueId x = net.input({1, 3, 8, 8});
  const ValueId a = net.conv(x, 4), b = net.relu(a);
  const ValueId c = net.conv(b, 4), d = net.sum({c, b}), e = net.relu(d), p = net.pool(PoolKind::max, e, 2, 2);
  net.classifier(net.conv(p, 6));
  const Found found(net.graph);
  CHECK(found.put("image"));
  CHECK_FALSE(found.put(name(net, a)));
  CHECK(found.put(name(net, b)));
  CHECK_FALSE(found.put(name(net, c)));
  CHECK_FALSE(found.put(name(net, d)));
  CHECK(found.put(name(net, e)));
  CHECK_FALSE(found.put(name(net, p)));
  CHECK(found.together(name(net, p), name(net, e)));
}

TEST_CASE("of two layers that are summed one joins the sum, the other is put on a grid") {
  GraphBuilder net(1, DType::f32);
  const ValueId x = net.input({1, 3, 8, 8}), first = net.conv(x, 4), second = net.conv(x, 4);
  net.classifier(net.conv(net.relu(net.sum({second, first})), 4));
  const Found found(net.graph);
  CHECK(found.put(name(net, first)));
  CHECK_FALSE(found.put(name(net, second)));
}

TEST_CASE("a concatenation has one grid for all it joins") {
  GraphBuilder net(1, DType::f32);
  const ValueId x = net.input({1, 3, 8, 8}), a = net.relu(net.conv(x, 4)), b = net.relu(net.conv(x, 6));
  const ValueId both = net.concat({a, b});
  net.classifier(net.conv(both, 4));
  const Found found(net.graph);
  CHECK(found.put(name(net, a)));
  CHECK(found.put(name(net, b)));
  CHECK_FALSE(found.put(name(net, both)));
  CHECK(found.together(name(net, a), name(net, b)));
  CHECK_FALSE(found.together(name(net, a), "image"));
}

TEST_CASE("outputs, softmax and what only they read stay in float") {
  GraphBuilder net(1, DType::f32);
  const ValueId x = net.input({1, 3, 8, 8}), a = net.relu(net.conv(x, 4)), logits = net.conv(a, 4);
  const ValueId larger = net.add(Resize{{2, 2}, {}, ResizeMode::linear}, {logits});
  net.output(net.add(Softmax{}, {larger}));
  const Found found(net.graph);
  CHECK(found.put(name(net, a)));
  CHECK_FALSE(found.put(name(net, logits)));
  CHECK_FALSE(found.put(name(net, larger)));
}

TEST_CASE("a layer that stays in float reads floats, and others the grid") {
  GraphBuilder net(1, DType::f32);
  const ValueId x = net.input({1, 3, 8, 8}), a = net.relu(net.conv(x, 4)), b = net.relu(net.conv(a, 4));
  net.classifier(net.conv(b, 4));
  const std::string kept =
      net.graph.node(net.graph.value(net.graph.node(net.graph.value(b).producer).inputs[0]).producer).name;
  const Found found(net.graph, {kept});
  CHECK_FALSE(found.put(name(net, a)));
  CHECK(found.put(name(net, b)));
  CHECK(found.places.why[static_cast<std::size_t>(found.graph.find(kept))] == "noise");
}

TEST_CASE("the result of a layer in float joins its sum as it is, and the sum's end is rounded") {
  GraphBuilder net(1, DType::f32);
  const ValueId x = net.relu(net.conv(net.input({1, 3, 8, 8}), 4)), inner = net.relu(net.conv(x, 4));
  const ValueId branch = net.conv(inner, 4), end = net.relu(net.sum({x, branch}));
  net.classifier(net.conv(end, 4));
  const Found found(net.graph, {net.producer(branch).name});
  CHECK_FALSE(found.put(name(net, branch)));
  CHECK_FALSE(found.put(name(net, inner)));
  CHECK(found.put(name(net, x)));
  CHECK(found.put(name(net, end)));
}

TEST_CASE("transposed convolutions have no kernel in integers, which is told") {
  GraphBuilder net(1, DType::f32);
  const ValueId x = net.input({1, 3, 8, 8}), a = net.relu(net.conv(x, 4));
  ConvTranspose op;
  op.out = 4, op.kernel = 2, op.stride = Spatial(2);
  const ValueId up = net.add(op, {a});
  net.classifier(net.conv(up, 4));
  const Found found(net.graph);
  CHECK_FALSE(found.put(name(net, a)));
  CHECK(found.put(name(net, up)));
  CHECK(found.places.why[static_cast<std::size_t>(net.graph.value(up).producer)] == "no kernel in integers");
}
