#include <map>
#include <optional>

#include "runtime/core/fail.hpp"
#include "runtime/graph/copy.hpp"
#include "runtime/load/load.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

class Evaluator {
 public:
  Evaluator(const Graph& graph, const std::vector<TensorType>& types, const NodeExecutor& compute)
      : graph_(graph), types_(types), compute_(compute) {}

  /// The graph with every known value that somebody else reads as a constant; nothing if there is none to compute.
  std::optional<Graph> run() {
    bool computed = false;
    for (const Node& node : graph_.live()) computed = evaluate(node) || computed;
    if (!computed) return std::nullopt;
    find_needed();
    result_ = begin_copy(graph_, values_);
    result_.params = graph_.params;
    for (const Node& node : graph_.live()) {
      if (known_.contains(node.outputs[0])) store(node);
      else copy(node);
    }
    for (const GraphOutput& output : graph_.outputs) result_.add_output(output.name, values_[index(output.value)]);
    return result_.compacted();
  }

 private:
  static constexpr std::int64_t most_elements = 1 << 20;

  /// Whether the node is one that constants alone decide. Constants themselves are known but need no evaluation.
  bool evaluate(const Node& node) {
    if (node.as<Constant>() != nullptr) {
      if (const Tensor* value = graph_.param(node, Slot::value)) known_[node.outputs[0]] = *value;
      return false;
    }
    if (node.inputs.empty()) return false;
    std::vector<Tensor> inputs;
    for (const ValueId input : node.inputs) {
      const auto found = known_.find(input);
      if (found == known_.end()) return false;
      inputs.push_back(found->second);
    }
    for (const ValueId output : node.outputs) {
      const TensorType& type = types_[index(output)];
      if (type.bounded || type.shape.elements() > most_elements) return false;
    }
    std::vector<Tensor> outputs = compute_(graph_, node, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) known_[node.outputs[i]] = std::move(outputs[i]);
    return true;
  }

  void find_needed() {
    needed_.assign(graph_.values.size(), false);
    for (const Node& node : graph_.live()) {
      if (known_.contains(node.outputs[0])) continue;
      for (const ValueId input : node.inputs) needed_[index(input)] = true;
    }
    for (const GraphOutput& output : graph_.outputs) needed_[index(output.value)] = true;
  }

  void store(const Node& node) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId value = node.outputs[i];
      if (!needed_[index(value)]) continue;
      if (node.as<Constant>() != nullptr) return copy(node);
      Node constant;
      constant.name = node.outputs.size() == 1 ? node.name : fmt::format("{}.{}", node.name, i);
      constant.where = node.where;
      const Shape& shape = types_[index(value)].shape;
      const DType type = types_[index(value)].dtype;
      constant.op = Constant{Ints(shape.begin(), shape.end()), type};
      const NodeId id = result_.add_node(std::move(constant), 1);
      result_.set_param(id, Slot::value, known_.at(value).as(type));
      values_[index(value)] = result_.node(id).outputs[0];
    }
  }

  void copy(Node node) {
    const std::vector<ValueId> outputs = node.outputs;
    for (ValueId& input : node.inputs) input = values_[index(input)];
    const NodeId id = result_.add_node(std::move(node), outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) values_[index(outputs[i])] = result_.node(id).outputs[i];
  }

  const Graph& graph_;
  const std::vector<TensorType>& types_;
  const NodeExecutor& compute_;
  std::map<ValueId, Tensor> known_;
  std::vector<bool> needed_;     ///< by value: read by a node that is not evaluated, or an output
  std::vector<ValueId> values_;  ///< of the result, by value of the graph
  Graph result_;
};

}  // namespace

void evaluate_constants(Graph& graph, const std::vector<TensorType>& types, const NodeExecutor& compute) {
  if (std::optional<Graph> evaluated = Evaluator(graph, types, compute).run()) graph = std::move(*evaluated);
}

}  // namespace banoff
