// Small weights become zero, no layer shrinks.
#include "tests/prune/exact.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("the smallest weights of each layer go, whatever their layer's scale") {
  GraphBuilder net;
  const ValueId conv = net.conv(net.input({1, 2, 4, 4}), 5, 1), hidden = net.conv(net.relu(net.bn(conv)), 4, 1);
  net.classifier(hidden);
  net.set(conv, Slot::weight, {5, -1, 2, 0.5, -7, 3, 4, -0.25, 6, 8});
  Graph pruned = net.graph;
  const PruneReport report = prune(pruned, {}, {PruneMethod::magnitude, 0.4, {}, false});
  const Node& node = pruned.node(pruned.find(name_of_maker(net, conv)));
  CHECK(pruned.param(node, Slot::weight)->to_vector<double>() == std::vector<double>{5, 0, 0, 0, -7, 3, 4, 0, 6, 8});
  const PrunedLayer& first = row(report, node.name);
  CHECK(first.before == 10);
  CHECK(first.after == 6);
  CHECK(first.error == doctest::Approx(std::sqrt(5.3125 / 204.3125)));
  CHECK(row(report, name_of_maker(net, hidden)).after == 12);  // of 20
  CHECK(report.parameters_after == report.parameters_before);
  CHECK(report.nonzero_before - report.nonzero_after == report.removed());
  CHECK(report.flops_after == report.flops_before);
  CHECK(node.as<Conv>()->out == 5);
}

TEST_CASE("of equal weights exactly the share goes, and always the same ones") {
  GraphBuilder net;
  const ValueId dense = net.dense(net.input({1, 10}), 10);
  net.output(dense);
  net.set(dense, Slot::weight, std::vector<double>(100, 0.5));
  Graph once = net.graph, again = net.graph;
  const PruneReport report = prune(once, {}, {PruneMethod::magnitude, 0.3, {}, false});
  CHECK(report.layers.at(0).after == 70);
  (void)prune(again, {}, {PruneMethod::magnitude, 0.3, {}, false});
  CHECK(difference(once, again, {1, 10}) == 0);
}
