// Under which names a graph's parameters are written, when several nodes may share one.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "runtime/graph/graph.hpp"

namespace banoff {

/// A parameter belongs to the first live node that holds it in a given slot, and is written under that node's name; the
/// others refer to that node.
class SavedParams {
 public:
  explicit SavedParams(const Graph& graph) : graph_(graph) {
    for (const NodeId node : graph.live_ids()) {
      for (const auto& [slot, id] : graph.node(node).params) owners_.emplace(std::pair(id, slot), node);
    }
  }

  [[nodiscard]] NodeId owner(ParamId id, Slot slot) const { return owners_.at({id, slot}); }

  /// Tensors by the names a file gives them, defaults of inputs among them.
  [[nodiscard]] std::map<std::string, Tensor> tensors() const {
    std::map<std::string, Tensor> result;
    for (const GraphInput& input : graph_.inputs) {
      if (input.default_value) result.emplace(graph_.value(input.value).name + ".default", input.default_value);
    }
    for (const auto& [key, node] : owners_) {
      result.emplace(graph_.node(node).name + "." + std::string(slot_name(key.second)), graph_.param(key.first));
    }
    return result;
  }

 private:
  const Graph& graph_;
  std::map<std::pair<ParamId, Slot>, NodeId> owners_;
};

}  // namespace banoff
