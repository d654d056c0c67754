#include "runtime/plan/stored.hpp"

#include <algorithm>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

bool is_view(const Node& node) { return facts_of(node.op).memory == Memory::view; }

class Holder {
 public:
  Holder(const Graph& graph, std::vector<TensorType>& types, const Device& device)
      : graph_(graph), types_(types), device_(device), fixed_(types.size(), false), grids_(grids_of(graph)) {}

  void run() {
    mark_fixed();
    for (const Node& node : graph_.live()) {
      for (const ValueId output : node.outputs) {
        if (fixed_[index(output)] || held_like_input(node, output)) continue;
        TensorType& type = types_[index(output)];
        const std::optional<FakeQuantize>& grid = grids_[index(output)];
        if (is_float(type.dtype))
          type.stored = device_.stored(type, grid ? std::optional(stored_on(*grid)) : std::nullopt);
      }
    }
  }

 private:
  void mark_fixed() {
    for (const GraphInput& input : graph_.inputs) fixed_[index(input.value)] = true;
    for (const GraphOutput& output : graph_.outputs) fixed_[index(output.value)] = true;
    for (const Node& node : graph_.live()) {
      const bool known = facts_of(node.op).memory == Memory::known;
      if (known || (is_view(node) && fixed_[index(node.inputs[0])])) fixed_[index(node.outputs[0])] = true;
    }
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      if (node->erased() || !is_view(*node) || !fixed_[index(node->outputs[0])]) continue;
      fixed_[index(node->inputs[0])] = true;
    }
    // Other views of what has become fixed behind them.
    for (const Node& node : graph_.live()) {
      if (is_view(node) && fixed_[index(node.inputs[0])]) fixed_[index(node.outputs[0])] = true;
    }
  }

  /// A view lies where its input does, and is what that is.
  bool held_like_input(const Node& node, ValueId output) {
    if (!is_view(node)) return false;
    types_[index(output)].stored = types_[index(node.inputs[0])].stored;
    return true;
  }

  const Graph& graph_;
  std::vector<TensorType>& types_;
  const Device& device_;
  std::vector<bool> fixed_;
  Grids grids_;
};

}  // namespace

void store_values(const Graph& graph, std::vector<TensorType>& types, const Device& device) {
  Holder(graph, types, device).run();
}

}  // namespace banoff
