#include "runtime/onnx/grids.hpp"

#include <algorithm>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/copy.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/graph/signature.hpp"
#include "runtime/onnx/names.hpp"

namespace banoff::onnx_import {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// Of a value whose elements are numbers of a grid: of its type or floats.
struct Numbers {
  FakeQuantize grid;
  DType floats = DType::f32;  ///< the type of what was put on it
  bool operator==(const Numbers&) const = default;
};

class Joiner {
 public:
  explicit Joiner(const Graph& graph)
      : graph_(graph), types_(infer_types(graph)), numbers_(graph.values.size()), wanted_(graph.values.size()) {
    for (const Node& node : graph.live()) used_.take(node.name);
  }

  Graph run() {
    for (const Node& node : graph_.live()) find_numbers(node);
    bool any = false;
    for (const Node& node : graph_.live()) any |= is_joined(node);
    if (!any) return graph_;
    find_wanted();
    result_ = begin_copy(graph_, values_);
    result_.params = graph_.params;
    floats_.assign(graph_.values.size(), none);
    grids_.assign(result_.values.size(), std::nullopt);
    for (const Node& node : graph_.live()) copy(node);
    for (const GraphOutput& output : graph_.outputs) result_.add_output(output.name, values_[index(output.value)]);
    return result_.compacted();
  }

 private:
  /// How a value is read: as the integers it is, or as the floats that they stand for.
  struct Wanted {
    bool numbers = false, floats = false;
  };

  void find_numbers(const Node& node) {
    if (const auto* op = node.as<Quantize>()) {
      const DType floats = types_[index(node.inputs[0])].dtype;
      numbers_[index(node.outputs[0])] = Numbers{{op->to, op->scale, op->zero_point}, floats};
      return;
    }
    const auto found = moved_numbers(node);
    for (const ValueId output : node.outputs) numbers_[index(output)] = found;
  }

  [[nodiscard]] std::optional<Numbers> moved_numbers(const Node& node) const {
    if (node.inputs.empty() || !numbers_[index(node.inputs[0])]) return std::nullopt;
    const Numbers& first = *numbers_[index(node.inputs[0])];
    if (const auto* cast = node.as<Cast>()) {
      const bool holds = is_float(cast->to) && cast->to != DType::bf16 && size_of(first.grid.type) == 1;
      return holds || cast->to == first.grid.type ? std::optional(first) : std::nullopt;
    }
    if (const auto* pad = node.as<Pad>(); pad != nullptr && pad->mode == PadMode::constant)
      return !pad->pad_value && pad->value == static_cast<double>(first.grid.zero_point) ? std::optional(first)
                                                                                         : std::nullopt;
    if (!only_moves(node)) return std::nullopt;
    const std::size_t moved = node.as<Concat>() != nullptr ? node.inputs.size() : 1;
    for (std::size_t i = 1; i < moved; ++i) {
      if (numbers_[index(node.inputs[i])] != first) return std::nullopt;
    }
    return first;
  }

  /// Whether the node gives the floats that were put on the grid.
  [[nodiscard]] bool is_joined(const Node& node) const {
    const auto* op = node.as<Dequantize>();
    if (op == nullptr || !numbers_[index(node.inputs[0])]) return false;
    const Numbers& numbers = *numbers_[index(node.inputs[0])];
    const FakeQuantize own{types_[index(node.inputs[0])].dtype, op->scale, op->zero_point};
    return numbers.grid == own && numbers.floats == op->to;
  }

  void find_wanted() {
    for (const GraphOutput& output : graph_.outputs) wanted_[index(output.value)].numbers = true;
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      if (node->erased()) continue;
      const bool moves = numbers_[index(node->outputs[0])] && node->as<Quantize>() == nullptr;
      Wanted wanted{!moves, false};
      if (is_joined(*node)) wanted = {false, true};
      for (const ValueId output : node->outputs) {
        if (!moves) break;
        wanted.numbers |= wanted_[index(output)].numbers;
        wanted.floats |= wanted_[index(output)].floats;
      }
      for (const ValueId input : node->inputs) {
        const bool of_grid = numbers_[index(input)].has_value();
        wanted_[index(input)].numbers |= wanted.numbers || !of_grid;
        wanted_[index(input)].floats |= wanted.floats && of_grid;
      }
    }
  }

  void copy(const Node& node) {
    if (is_joined(node)) {
      values_[index(node.outputs[0])] = floats_[index(node.inputs[0])];
      return;
    }
    const auto any = [&](bool Wanted::*way) {
      return std::ranges::any_of(node.outputs, [&](ValueId output) { return wanted_[index(output)].*way; });
    };
    const bool of_numbers = numbers_[index(node.outputs[0])].has_value();
    const bool as_it_is = !of_numbers || any(&Wanted::numbers);
    if (as_it_is) add(node, node.op, values_, values_, node.name);
    if (of_numbers && any(&Wanted::floats)) copy_in_floats(node, as_it_is ? used_.made(node.name) : node.name);
  }

  void copy_in_floats(const Node& node, const std::string& name) {
    const Numbers& numbers = *numbers_[index(node.outputs[0])];
    if (node.as<Quantize>() != nullptr) return add(node, numbers.grid, values_, floats_, name);
    if (node.as<Cast>() != nullptr) {
      floats_[index(node.outputs[0])] = floats_[index(node.inputs[0])];
      return;
    }
    Op op = node.op;
    if (auto* pad = std::get_if<Pad>(&op)) pad->value = 0;
    add(node, op, floats_, floats_, name);
  }

  /// The node with another op, reading the values that `from` has for its inputs.
  void add(const Node& like, const Op& op, const std::vector<ValueId>& from, std::vector<ValueId>& to,
           const std::string& name) {
    Node node = like;
    node.op = op;
    node.name = name;
    for (ValueId& input : node.inputs) {
      const ValueId own = from[index(input)];
      input = own == none ? values_[index(input)] : own;
    }
    if (const auto* put = node.as<FakeQuantize>(); put != nullptr && grids_[index(node.inputs[0])] == *put) {
      to[index(like.outputs[0])] = node.inputs[0];
      return;
    }
    const NodeId id = result_.add_node(std::move(node), like.outputs.size());
    grids_.resize(result_.values.size());
    const auto grid = grid_behind(result_.node(id), grids_);
    for (std::size_t i = 0; i < like.outputs.size(); ++i) {
      const ValueId made = result_.node(id).outputs[i];
      to[index(like.outputs[i])] = made;
      grids_[index(made)] = grid;
    }
  }

  const Graph& graph_;
  std::vector<TensorType> types_;
  std::vector<std::optional<Numbers>> numbers_;  ///< by value of the old graph
  std::vector<Wanted> wanted_;                   ///< the same
  std::vector<ValueId> values_, floats_;         ///< what stands for them and for their floats in the new graph
  Grids grids_;                                  ///< by value of the new graph
  UniqueNames used_;
  Graph result_;
};

}  // namespace

Graph with_grids(const Graph& graph) { return Joiner(graph).run(); }

}  // namespace banoff::onnx_import
