// Random networks of all kinds of ops: what is pruned fits together, and equal neurons go without a trace.
#include "tests/folding/random_net.hpp"
#include "tests/prune/exact.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr std::uint64_t count = 300;

/// Every index along `dim` becomes the first one.
Tensor all_alike(const Tensor& tensor, std::size_t dim) {
  const Shape& shape = tensor.shape();
  const std::int64_t inside = shape.elements(dim + 1, shape.rank());
  std::vector<double> values = tensor.to_vector<double>();
  for (std::int64_t i = 0; i < std::ssize(values); ++i) {
    const std::int64_t outside = i / (inside * shape[dim]);
    values[static_cast<std::size_t>(i)] = values[static_cast<std::size_t>(outside * shape[dim] * inside + i % inside)];
  }
  return Tensor::of<double>(shape, values).as(tensor.dtype());
}

/// Makes all neurons of each layer equal, and all channels of each norm and activation.
void make_neurons_alike(Graph& graph) {
  for (const NodeId id : graph.live_ids()) {
    if (graph.node(id).as<Constant>()) continue;
    const auto params = graph.node(id).params;
    for (const auto& [slot, param] : params) {
      Tensor alike = all_alike(graph.param(param), 0);
      if (graph.node(id).as<ConvTranspose>() && slot == Slot::weight) alike = all_alike(alike, 1);
      graph.set_param(id, slot, alike);
    }
  }
}

Shape input_shape(const Graph& graph) {
  Shape shape;
  for (const Dim& dim : graph.inputs.front().dims) shape.push_back(dim.size);
  return shape;
}

}  // namespace

TEST_CASE("random networks: what is pruned fits together and runs") {
  std::size_t pruned_some = 0;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    CAPTURE(seed);
    for (const PruneMethod method : {PruneMethod::merge, PruneMethod::kmeans}) {
      Graph graph = random_net(seed);
      try {
        (void)prune(graph, {}, {method, 0.5, {}, true});
      } catch (const Error& error) {
        CAPTURE(error.what());
        CHECK(error.kind() == ErrorKind::bad_input);
        CHECK(std::string(error.what()).starts_with("nothing to prune"));
        continue;
      }
      ++pruned_some;
      (void)difference(graph, graph, input_shape(graph));
    }
  }
  CHECK(pruned_some > count);  // of two methods
}

TEST_CASE("random networks whose layers have equal neurons compute the same without the doubles") {
  std::size_t pruned_some = 0;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    CAPTURE(seed);
    Graph graph = random_net(seed);
    make_neurons_alike(graph);
    Graph pruned = graph;
    try {
      (void)prune(pruned, {}, {PruneMethod::merge, 0.5, 1e-9, true});
    } catch (const Error& error) {
      CAPTURE(error.what());
      CHECK(std::string(error.what()).starts_with("nothing to prune"));
      continue;
    }
    ++pruned_some;
    CHECK(difference(graph, pruned, input_shape(graph)) < 1e-6);
  }
  CHECK(pruned_some > count / 2);
}
