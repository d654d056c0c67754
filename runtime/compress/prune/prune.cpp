#include "runtime/compress/prune/prune.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "runtime/compress/prune/magnitude.hpp"
#include "runtime/compress/prune/neurons.hpp"
#include "runtime/compress/prune/report.hpp"
#include "runtime/compress/prune/shrink.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/parameter_shapes.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff {

namespace pruning {
namespace {

void check(const PruneOptions& options) {
  if (options.distance) {
    if (options.method != PruneMethod::merge)
      fail_usage("a distance is for the method merge, {} takes a rate", name_of(options.method));
    if (!(*options.distance >= 0)) fail_usage("distance {}: expected 0 or more", *options.distance);
  } else if (!(options.rate > 0 && options.rate < 1)) {
    fail_usage("rate {}: expected a share above 0 and below 1", options.rate);
  }
}

Clusters clusters_of(const Rows& rows, const PruneOptions& options) {
  if (options.distance) return merge_nearest(rows, 1, *options.distance);
  const auto gone = std::lround(options.rate * static_cast<double>(rows.size()));
  const std::size_t wanted = std::max<std::size_t>(rows.size() - index(gone), 1);
  return options.method == PruneMethod::merge ? merge_nearest(rows, wanted) : kmeans(rows, wanted);
}

/// Sets one after the other, from the network's input on: what a set's neurons read has been merged when they are
/// compared, so that those become equal whose difference was one between equal inputs.
class Pruner {
 public:
  Pruner(Graph& graph, const Bindings& bindings, const PruneOptions& options)
      : graph_(graph), bindings_(bindings), options_(options) {}

  void run(std::vector<PrunedLayer>& layers) {
    while (next(layers)) {
    }
  }
  /// Of the two neurons that are nearest and are not one; infinite where there are none.
  [[nodiscard]] double nearest() const { return nearest_; }
  [[nodiscard]] std::size_t comparable() const { return comparable_; }

 private:
  /// Prunes the next set that may be; false where none is left.
  bool next(std::vector<PrunedLayer>& layers) {
    const std::vector<TensorType> types = infer_types(graph_, bindings_);
    const ChannelMap map(graph_, types);
    for (const NeuronSet& set : sets_of(map)) {
      if (!done_.insert(set.values).second || set.neurons.size() < 2) continue;
      const std::vector<NodeId> writers = writers_of(map, set);
      if (writers.empty() || (writers.size() > 1 && !options_.streams)) continue;
      const Rows rows = features_of(map, graph_.readers(), set).rows;
      if (rows.front().empty()) continue;
      ++comparable_;
      const Clusters clusters = clusters_of(rows, options_);
      if (clusters.size() == rows.size()) {
        nearest_ = std::min(nearest_, nearest_distance(rows));
        continue;
      }
      const double error = change(rows, clusters);
      for (const NodeId id : writers) {
        PrunedLayer& layer = *std::ranges::find(layers, graph_.node(id).name, &PrunedLayer::name);
        layer.error = std::max(layer.error, error);
      }
      shrink(graph_, map, set, clusters);
      return true;
    }
    return false;
  }

  Graph& graph_;
  const Bindings& bindings_;
  const PruneOptions& options_;
  std::set<std::vector<ValueId>> done_;
  std::size_t comparable_ = 0;
  double nearest_ = std::numeric_limits<double>::infinity();
};

void prune_neurons(Graph& graph, const Bindings& bindings, const PruneOptions& options, PruneReport& report) {
  Pruner pruner(graph, bindings, options);
  pruner.run(report.layers);
  if (pruner.comparable() == 0) {
    const PrunedLayer& first = report.layers.front();
    fail_input("nothing to prune: no layer can lose neurons ({} '{}': {})", first.op, first.name, first.reason);
  }
  for (PrunedLayer& layer : report.layers) {
    const Node& node = graph.node(graph.find(layer.name));
    layer.after = neurons_of(node);
  }
  if (report.removed() == 0 && options.distance) {
    fail_input("nothing to prune: no two neurons are within {} of each other, the nearest are {:.4g} apart",
               *options.distance, pruner.nearest());
  }
  if (report.removed() == 0) fail_input("nothing to prune: at rate {} no layer loses a whole neuron", options.rate);
}

}  // namespace
}  // namespace pruning

PruneReport prune(Graph& graph, const Bindings& bindings, const PruneOptions& options) {
  for (const Node& node : graph.live()) {
    const bool on_grid =
        has_weight_scale(node.op) || node.as<FakeQuantize>() != nullptr || node.as<Quantize>() != nullptr;
    if (on_grid) fail_input("{}", describe(node, "is on a grid of integers; prune the network before it is quantised"));
  }
  pruning::check(options);
  Graph pruned = graph;
  PruneReport report = pruning::begin_report(pruned, infer_types(pruned, bindings), options);
  if (report.layers.empty()) fail_input("nothing to prune: the network has no convolution or dense layer");
  if (options.method == PruneMethod::magnitude) pruning::zero_smallest(pruned, options.rate, report.layers);
  else pruning::prune_neurons(pruned, bindings, options, report);
  pruned = pruned.compacted();
  const std::vector<TensorType> types = infer_types(pruned, bindings);
  check_parameter_shapes(pruned, types);
  verify(pruned, types);
  pruning::finish_report(report, pruned, types);
  graph = std::move(pruned);
  return report;
}

}  // namespace banoff
