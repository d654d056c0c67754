// Under which names a graph's parameters are written, when several nodes may share one.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "runtime/graph/quantised.hpp"

namespace banoff {

/// A parameter belongs to the first live node that holds it in a given slot, and is written under that node's name; the
/// others refer to that node.
class SavedParams {
 public:
  explicit SavedParams(const Graph& graph) : graph_(graph) {
    for (const NodeId node : graph.live_ids()) {
      for (const auto& [slot, id] : graph.node(node).params) owners_.emplace(std::pair(id, slot), node);
      find_scale(graph.node(node));
    }
  }

  [[nodiscard]] NodeId owner(ParamId id, Slot slot) const { return owners_.at({id, slot}); }

  /// Tensors by the names a file gives them, defaults of inputs among them. Of weights on a grid they are the numbers.
  [[nodiscard]] std::map<std::string, Tensor> tensors() const {
    std::map<std::string, Tensor> result;
    for (const GraphInput& input : graph_.inputs) {
      if (input.default_value) result.emplace(graph_.value(input.value).name + ".default", input.default_value);
    }
    for (const auto& [key, node] : owners_) {
      const Tensor& value = graph_.param(key.first);
      const ParamId scale = key.second == Slot::weight ? scales_.at(key.first) : none;
      result.emplace(graph_.node(node).name + "." + std::string(slot_name(key.second)),
                     scale == none ? value : grid_numbers(value, graph_.param(scale)));
    }
    return result;
  }

 private:
  void find_scale(const Node& node) {
    const ParamId weight = node.param(Slot::weight);
    if (weight == none) return;
    const ParamId own = has_weight_scale(node.op) ? node.param(Slot::weight_scale) : none;
    const auto [scale, added] = scales_.emplace(weight, own);
    if (!added && scale->second != own) scale->second = none;
  }

  const Graph& graph_;
  std::map<std::pair<ParamId, Slot>, NodeId> owners_;
  std::map<ParamId, ParamId> scales_;  ///< by weight: the scale that all nodes which hold it have; none: there is none
};

}  // namespace banoff
