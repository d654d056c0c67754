// Norms beside numbers on grids: folded weights lie on no grid, others stay where they are.
#include "runtime/graph/quantised.hpp"
#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr double rounding = 1e-6;  // weights on a grid are floats of 32 bits

/// Gives the layer that makes `value` weights on a grid.
void put_on_grid(GraphBuilder& net, ValueId value) {
  const NodeId id = net.graph.value(value).producer;
  set_grid_weights(net.graph, id, on_grid(*net.graph.param(net.graph.node(id), Slot::weight)));
}

ValueId rounded(GraphBuilder& net, ValueId x) { return net.add(FakeQuantize{DType::u8, 0.11, 93}, {x}); }

const Node& named(const Graph& graph, const std::string& name) { return graph.node(graph.find(name)); }

}  // namespace

TEST_CASE("a norm that is folded into weights on a grid takes them off it") {
  for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
    GraphBuilder net;
    const ValueId conv = net.conv(rounded(net, net.input({1, 4, 6, 6})), 5, 3, 1, 1, 1, true);
    put_on_grid(net, conv);
    const std::string name = net.producer(conv).name;
    net.output(net.relu(net.bn(conv)));
    const Outcome outcome = fold_with(net.graph, method);
    CHECK(outcome.report.folded() == 1);
    CHECK(outcome.error < rounding);
    CHECK_FALSE(has_weight_scale(named(outcome.folded, name).op));
    CHECK(named(outcome.folded, name).param(Slot::weight_scale) == none);
    CHECK(has_weight_scale(net.producer(conv).op));  // of the network as it was
  }
}

TEST_CASE("a norm behind a grid stays or goes on, and the layer before keeps its weights") {
  for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
    GraphBuilder net;
    const ValueId first = net.conv(net.input({1, 4, 6, 6}), 5, 3, 1, 1, 1, true);
    put_on_grid(net, first);
    const std::string name = net.producer(first).name;
    const ValueId second = net.conv(net.bn(rounded(net, first)), 3, 1, 1, 0, 1, true);
    put_on_grid(net, second);
    const std::string behind = net.producer(second).name;
    net.output(second);
    const Outcome outcome = fold_with(net.graph, method);
    CHECK(outcome.error < rounding);
    CHECK(has_weight_scale(named(outcome.folded, name).op));
    const bool gone = outcome.report.folded() == 1;
    CHECK(has_weight_scale(named(outcome.folded, behind).op) != gone);
  }
}

TEST_CASE("of layers that share weights on a grid only the one with a norm leaves it") {
  GraphBuilder net;
  const ValueId image = net.input({1, 4, 6, 6});
  const ValueId a = net.conv(image, 4, 3, 1, 1, 1, true);
  put_on_grid(net, a);
  const ValueId b = net.conv(net.relu(net.bn(a)), 4, 3, 1, 1, 1, true);
  net.producer(b).params = net.producer(a).params;
  set_weight_scale(net.producer(b).op, true);
  const std::string first = net.producer(a).name, second = net.producer(b).name;
  net.output(net.relu(b));
  const Outcome outcome = fold_with(net.graph, Method::banoff);
  CHECK(outcome.report.folded() == 1);
  CHECK(outcome.error < rounding);
  CHECK_FALSE(has_weight_scale(named(outcome.folded, first).op));
  const Node& kept = named(outcome.folded, second);
  CHECK(has_weight_scale(kept.op));
  (void)grid_numbers(*outcome.folded.param(kept, Slot::weight), *outcome.folded.param(kept, Slot::weight_scale));
}
