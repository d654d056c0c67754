// How many neurons go.
#include "tests/prune/exact.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Net {
  GraphBuilder net;
  ValueId first, second;
  Net() {
    first = net.conv(net.input({1, 3, 8, 8}), 8);
    second = net.conv(net.relu(net.bn(first)), 12);
    net.classifier(net.relu(net.bn(second)));
  }
};

std::pair<std::int64_t, std::int64_t> sizes(Net& net, const PruneOptions& options) {
  Graph graph = net.net.graph;
  const PruneReport report = prune(graph, {}, options);
  (void)reference::outputs<double>(graph, {{"image", Tensor::of<double>({1, 3, 8, 8}, std::vector<double>(192, 0.3))}});
  return {row(report, name_of_maker(net.net, net.first)).after, row(report, name_of_maker(net.net, net.second)).after};
}

}  // namespace

TEST_CASE("the rate is each layer's share, and one neuron stays") {
  Net net;
  for (const PruneMethod method : {PruneMethod::merge, PruneMethod::kmeans}) {
    CHECK(sizes(net, {method, 0.25, {}, false}) == std::pair<std::int64_t, std::int64_t>{6, 9});
    CHECK(sizes(net, {method, 0.5, {}, false}) == std::pair<std::int64_t, std::int64_t>{4, 6});
    CHECK(sizes(net, {method, 0.99, {}, false}) == std::pair<std::int64_t, std::int64_t>{1, 1});
  }
}

TEST_CASE("what is merged errs more, the more goes") {
  Net net;
  double before = 0;
  for (const double rate : {0.125, 0.25, 0.5, 0.75, 0.9}) {
    Graph graph = net.net.graph;
    const PruneReport report = prune(graph, {}, {PruneMethod::merge, rate, {}, false});
    CHECK(report.layers.front().error > before);
    before = report.layers.front().error;
  }
}

TEST_CASE("a larger distance merges more") {
  Net net;
  const auto [few, few_behind] = sizes(net, {PruneMethod::merge, 0.5, 1.2, false});
  const auto [all, all_behind] = sizes(net, {PruneMethod::merge, 0.5, 100.0, false});
  CHECK(few > 1);
  CHECK(few_behind > 1);
  CHECK(few + few_behind < 20);
  CHECK(all == 1);
  CHECK(all_behind == 1);
}

TEST_CASE("k-means of as many clusters as there are kinds of neurons changes nothing") {
  Net net;
  for (const std::int64_t to : {1, 2, 3}) copy_channel(net.net, net.first, 0, to);
  const ValueId norm = net.net.graph.node(net.net.graph.value(net.first).producer + 1).outputs[0];
  for (const std::int64_t to : {1, 2, 3}) copy_channel(net.net, norm, 0, to);
  Graph graph = net.net.graph;
  const PruneReport report = prune(graph, {}, {PruneMethod::kmeans, 0.375, {}, false});
  CHECK(row(report, name_of_maker(net.net, net.first)).after == 5);
  CHECK(row(report, name_of_maker(net.net, net.first)).error < 1e-12);
}

TEST_CASE("weights stay of the type they are stored in") {
  GraphBuilder net(1, DType::f16);
  const ValueId conv = net.conv(net.input({1, 3, 8, 8}), 8);
  net.classifier(net.relu(net.bn(conv)));
  Graph graph = net.graph;
  (void)prune(graph, {}, {PruneMethod::merge, 0.5, {}, false});
  for (const Param& param : graph.params) CHECK(param.value.dtype() == DType::f16);
}
