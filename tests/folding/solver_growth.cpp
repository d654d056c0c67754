// How the time of the gauge solver grows with the network: pre-activation ResNets of 10^2 to 10^5 nodes, with clamps
// and with literal activations, without the weight arithmetic. Prints one line per size; see docs/folding.md.
#include <chrono>

#include <fmt/format.h>

#include "folding/optimal/choice.hpp"
#include "runtime/graph/signature.hpp"
#include "tests/support/graph_builder.hpp"

namespace {

using namespace banoff;

/// `blocks` bottleneck blocks on one stream, as in ResNet-1001 but narrower.
Graph stream(std::int64_t blocks, std::int64_t width) {
  test::GraphBuilder net(1001, DType::f32);
  ValueId x = net.conv(net.input({1, 3, 8, 8}), width);
  for (std::int64_t i = 0; i < blocks; ++i) {
    ValueId y = net.conv(net.relu(net.bn(x)), width / 4, 1);
    y = net.conv(net.relu(net.bn(y)), width / 4);
    y = net.conv(net.relu(net.bn(y)), width, 1);
    x = net.sum({x, y});
  }
  net.classifier(net.relu(net.bn(x)));
  return net.graph;
}

double milliseconds(auto&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  fmt::print("{:>8} {:>8} {:>10} {:>12} {:>12}\n", "nodes", "norms", "channels", "clamp ms", "literal ms");
  for (const std::int64_t blocks : {10, 32, 100, 320, 1000, 3200, 10000}) {
    const Graph graph = stream(blocks, 16);
    const std::vector<TensorType> types = infer_types(graph);
    const gauge::Candidates candidates = gauge::candidates(graph, types, Objective::bytes);
    FoldOptions options;
    options.borders = false;
    double times[2];
    for (const Activations activations : {Activations::clamp, Activations::literal}) {
      options.activations = activations;
      double& best = times[activations == Activations::literal];
      best = HUGE_VAL;
      for (int i = 0; i < 3; ++i) {
        best = std::min(best, milliseconds([&] { (void)gauge::choose(graph, types, candidates, options, {}); }));
      }
    }
    fmt::print("{:>8} {:>8} {:>10} {:>12.2f} {:>12.2f}\n", graph.nodes.size(), candidates.size(),
               candidates.size() * 16, times[0], times[1]);
  }
}
