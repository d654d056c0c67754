#include "runtime/plan/stored.hpp"

#include <algorithm>

#include "runtime/core/dtype.hpp"

namespace banoff {

namespace {

using Grid = std::optional<Stored>;

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

bool is_view(const Node& node) { return facts_of(node.op).memory == Memory::view; }

/// Whether every element of the outputs is one of an input's, or zero, which is on every grid.
bool only_moves(const Node& node) {
  if (const auto* pool = node.as<Pool>()) return pool->kind == PoolKind::max;
  if (const auto* pool = node.as<GlobalPool>()) return pool->kind == PoolKind::max;
  if (const auto* resize = node.as<Resize>()) return resize->mode == ResizeMode::nearest;
  if (const auto* pad = node.as<Pad>()) return !pad->pad_value && (pad->mode != PadMode::constant || pad->value == 0);
  return is_view(node) || node.as<Concat>() != nullptr || node.as<Split>() != nullptr || node.as<Slice>() != nullptr ||
         node.as<ChannelShuffle>() != nullptr || node.as<Transpose>() != nullptr;
}

class Holder {
 public:
  Holder(const Graph& graph, std::vector<TensorType>& types, const Device& device)
      : graph_(graph), types_(types), device_(device), fixed_(types.size(), false), grids_(types.size()) {}

  void run() {
    mark_fixed();
    for (const Node& node : graph_.live()) {
      for (const ValueId output : node.outputs) grids_[index(output)] = grid_of(node);
    }
    for (const Node& node : graph_.live()) {
      for (const ValueId output : node.outputs) {
        if (fixed_[index(output)] || held_like_input(node, output)) continue;
        TensorType& type = types_[index(output)];
        if (is_float(type.dtype)) type.stored = device_.stored(type, grids_[index(output)]);
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

  [[nodiscard]] Grid grid_of(const Node& node) const {
    if (const auto* put = node.as<FakeQuantize>())
      return Stored{put->type, static_cast<float>(put->scale), static_cast<std::int32_t>(put->zero_point)};
    if (!only_moves(node)) return std::nullopt;
    const Grid first = grids_[index(node.inputs[0])];
    const auto differs = [&](ValueId input) { return grids_[index(input)] != first; };
    return node.as<Concat>() != nullptr && std::ranges::any_of(node.inputs, differs) ? std::nullopt : first;
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
  std::vector<Grid> grids_;
};

}  // namespace

void store_values(const Graph& graph, std::vector<TensorType>& types, const Device& device) {
  Holder(graph, types, device).run();
}

}  // namespace banoff
