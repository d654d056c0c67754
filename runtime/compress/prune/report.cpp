#include "runtime/compress/prune/report.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "runtime/compress/prune/magnitude.hpp"
#include "runtime/compress/prune/sets.hpp"
#include "runtime/core/by_enum.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/flops.hpp"

namespace banoff {

namespace {

constexpr std::array<std::string_view, 3> method_names{"merge", "kmeans", "magnitude"};

}  // namespace

std::string_view name_of(PruneMethod method) noexcept { return row_for(method_names, method); }

PruneMethod prune_method_named(std::string_view name) {
  const auto* found = std::ranges::find(method_names, name);
  if (found == method_names.end()) {
    fail_usage("unknown way of pruning '{}' (known: {})", name, fmt::join(method_names, ", "));
  }
  return static_cast<PruneMethod>(found - method_names.begin());
}

std::int64_t PruneReport::removed() const {
  return std::accumulate(layers.begin(), layers.end(), std::int64_t{0},
                         [](std::int64_t sum, const PrunedLayer& layer) { return sum + layer.before - layer.after; });
}

std::int64_t PruneReport::shrunk() const {
  return std::ranges::count_if(layers, [](const PrunedLayer& layer) { return layer.after < layer.before; });
}

namespace pruning {

namespace {

/// What a network is counted in.
struct Size {
  std::int64_t parameters = 0, nonzero = 0, flops = 0;
};

Size size_of(const Graph& graph, const std::vector<TensorType>& types) {
  Size size;
  std::set<ParamId> counted;
  for (const Node& node : graph.live()) {
    std::vector<TensorType> inputs, outputs;
    for (const ValueId value : node.inputs) inputs.push_back(types[index(value)]);
    for (const ValueId value : node.outputs) outputs.push_back(types[index(value)]);
    size.flops += flops(node, inputs, outputs);
    for (const auto& [slot, id] : node.params) {
      if (!counted.insert(id).second) continue;
      size.parameters += graph.param(id).elements();
      size.nonzero += nonzero(graph.param(id));
    }
  }
  return size;
}

/// Which neurons of layers may go, and with whom.
class Freedom {
 public:
  explicit Freedom(const ChannelMap& map) : map_(map), set_of_(map.size(), none), sets_(sets_of(map)) {
    for (std::size_t s = 0; s < sets_.size(); ++s) {
      writers_.push_back(writers_of(map, sets_[s]));
      for (const ChannelId id : sets_[s].neurons) set_of_[index(id)] = static_cast<std::int32_t>(s);
    }
  }

  void explain(const Node& node, bool streams, PrunedLayer& layer) const {
    std::set<NodeId> shared;
    for (const ChannelId id : map_.of(node.outputs[0]).ids) {
      const std::int32_t set = set_of_[index(map_.root(id))];
      if (set == none) {
        if (layer.reason.empty()) layer.reason = map_.pinned(id).empty() ? "they meet each other" : map_.pinned(id);
        continue;
      }
      shared.insert(writers_[index(set)].begin(), writers_[index(set)].end());
      if (sets_[index(set)].neurons.size() < 2 && layer.reason.empty()) layer.reason = "there is but one of a kind";
    }
    for (const NodeId id : shared) {
      if (map_.graph().node(id).name != node.name) layer.shared.push_back(map_.graph().node(id).name);
    }
    if (!streams && layer.reason.empty() && !layer.shared.empty() && shared.size() > 1) {
      layer.reason = fmt::format("'{}' writes the same channels", layer.shared.front());
    }
  }

 private:
  const ChannelMap& map_;
  std::vector<std::int32_t> set_of_;  // by root
  std::vector<NeuronSet> sets_;
  std::vector<std::vector<NodeId>> writers_;  // by set
};

}  // namespace

std::int64_t neurons_of(const Node& layer) {
  if (const auto* conv = layer.as<Conv>()) return conv->out;
  if (const auto* transposed = layer.as<ConvTranspose>()) return transposed->out;
  return layer.as<Dense>()->out;
}

PruneReport begin_report(const Graph& graph, const std::vector<TensorType>& types, const PruneOptions& options) {
  PruneReport report;
  report.method = options.method;
  const Size size = size_of(graph, types);
  report.parameters_before = size.parameters, report.nonzero_before = size.nonzero, report.flops_before = size.flops;
  const ChannelMap map(graph, types);
  const Freedom freedom(map);
  for (const Node& node : graph.live()) {
    if (!is_layer(node)) continue;
    PrunedLayer& layer = report.layers.emplace_back();
    layer.name = node.name, layer.op = name_of(node.op), layer.where = node.where.str();
    const Tensor* weight = graph.param(node, Slot::weight);
    if (!weight || !*weight) fail_input("'{}' has no weights to prune by", node.name);
    layer.before = options.method == PruneMethod::magnitude ? nonzero(*weight) : neurons_of(node);
    layer.after = layer.before;
    if (options.method != PruneMethod::magnitude) freedom.explain(node, options.streams, layer);
  }
  return report;
}

void finish_report(PruneReport& report, const Graph& graph, const std::vector<TensorType>& types) {
  const Size size = size_of(graph, types);
  report.parameters_after = size.parameters, report.nonzero_after = size.nonzero, report.flops_after = size.flops;
}

}  // namespace pruning

}  // namespace banoff
