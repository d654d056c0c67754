#include "runtime/onnx/transposes.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include "runtime/graph/copy.hpp"
#include "runtime/onnx/names.hpp"

namespace banoff::onnx_import {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

bool is_identity(const Ints& perm) { return std::ranges::is_sorted(perm); }

/// A value of the old graph as a value of the new one with its dimensions in another order: dimension i of the old is
/// dimension perm[i] of the new.
struct Turned {
  ValueId value = none;
  Ints perm;
};

class Mover {
 public:
  Mover(const Graph& graph, KnownTensors& known)
      : graph_(graph), known_(known), types_(infer_types(graph)), turned_(graph.values.size()) {
    for (const Node& node : graph.live()) {
      if (node.as<Transpose>() == nullptr) used_.take(node.name);
    }
  }

  Graph run() {
    std::vector<ValueId> values;
    result_ = begin_copy(graph_, values);
    result_.params = graph_.params;
    for (const GraphInput& input : graph_.inputs) straight(input.value, values[index(input.value)]);
    for (const Node& node : graph_.live()) {
      if (node.as<Transpose>() != nullptr) turn(node);
      else if (!(any_order(node) && move(node))) keep(node);
    }
    for (const GraphOutput& output : graph_.outputs) result_.add_output(output.name, as_it_was(output.value));
    return result_.compacted();
  }

 private:
  [[nodiscard]] const Shape& shape(ValueId value) const { return types_[index(value)].shape; }

  void straight(ValueId old, ValueId value) {
    Ints perm(shape(old).rank());
    std::iota(perm.begin(), perm.end(), 0);
    turned_[index(old)] = {value, std::move(perm)};
  }

  void turn(const Node& node) {
    const Turned& from = turned_[index(node.inputs[0])];
    Ints perm;
    for (const std::int64_t axis : std::get<Transpose>(node.op).perm) {
      perm.push_back(from.perm[resolve_axis(axis, from.perm.size())]);
    }
    turned_[index(node.outputs[0])] = {from.value, std::move(perm)};
    names_.emplace(std::pair(from.value, turned_[index(node.outputs[0])].perm), node.name);
  }

  /// The old value itself: transposed, the first time somebody asks for it.
  ValueId as_it_was(ValueId old) {
    const Turned turned = turned_[index(old)];
    if (is_identity(turned.perm)) return turned.value;
    const auto [made, added] = made_.emplace(std::pair(turned.value, turned.perm), none);
    if (!added) return made->second;
    Node node;
    const auto name = names_.find(made->first);
    node.name = used_.made(name != names_.end() ? name->second : graph_.value(old).name + ".transposed");
    node.op = Transpose{turned.perm};
    node.inputs = {turned.value};
    made->second = result_.node(result_.add_node(std::move(node), 1)).outputs[0];
    return made->second;
  }

  void keep(Node node) {
    for (ValueId& input : node.inputs) input = as_it_was(input);
    add(std::move(node));
  }

  const Node& add(Node node) {
    const std::vector<ValueId> outputs = node.outputs;
    const NodeId id = result_.add_node(std::move(node), outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) straight(outputs[i], result_.node(id).outputs[i]);
    return result_.node(id);
  }

  /// Ops that do the same in any order of dimensions, or whose axes can be renamed.
  [[nodiscard]] static bool any_order(const Node& node) {
    const auto* reduce = node.as<Reduce>();
    return facts_of(node.op).order == Order::any && (reduce == nullptr || reduce->keep_dims);
  }

  /// The order that all inputs but constants come in; nothing if they differ or are as they were.
  [[nodiscard]] std::optional<Ints> common_order(const Node& node) const {
    std::optional<Ints> order;
    for (const ValueId input : node.inputs) {
      if (is_constant(input)) continue;
      const Ints& perm = turned_[index(input)].perm;
      if (perm.size() != shape(node.outputs[0]).rank() || (order && *order != perm)) return std::nullopt;
      order = perm;
    }
    return order && !is_identity(*order) ? order : std::nullopt;
  }

  [[nodiscard]] bool is_constant(ValueId value) const {
    const NodeId producer = graph_.value(value).producer;
    return producer != none && graph_.node(producer).as<Constant>() != nullptr;
  }

  /// Makes the node work on what its inputs were transposed from. Returns whether that can be.
  bool move(Node node) {
    const auto order = common_order(node);
    if (!order) return false;
    const auto renamed = [&](std::int64_t axis) { return (*order)[resolve_axis(axis, order->size())]; };
    rename_axes(node.op, renamed);
    for (ValueId& input : node.inputs) {
      input = is_constant(input) ? constant_in(input, *order) : turned_[index(input)].value;
    }
    const std::vector<ValueId> outputs = node.outputs;
    const NodeId id = result_.add_node(std::move(node), outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) turned_[index(outputs[i])] = {result_.node(id).outputs[i], *order};
    return true;
  }

  template <class F>
  static void rename_axes(Op& op, F renamed) {
    std::visit(
        [&]<class T>(T& each) {
          if constexpr (requires { each.axis; }) each.axis = renamed(each.axis);
          if constexpr (requires { each.axes; }) std::ranges::transform(each.axes, each.axes.begin(), renamed);
        },
        op);
  }

  /// The constant as an operand of values in that order. Missing outer dimensions are of size 1.
  ValueId constant_in(ValueId old, const Ints& order) {
    const Tensor& value = *graph_.param(graph_.node(graph_.value(old).producer), Slot::value);
    if (value.elements() == 1) return as_it_was(old);
    Ints sizes(order.size(), 1);
    std::copy_backward(value.shape().begin(), value.shape().end(), sizes.end());
    const Known turned = known_.permuted(value.reshaped(Shape(sizes)), order);
    Node node;
    node.name = used_.made(graph_.value(old).name + ".transposed");
    node.op = Constant{turned.shape().vec(), value.dtype()};
    node.params.emplace_back(Slot::value, result_.add_param(node.name + ".value", turned));
    return result_.node(result_.add_node(std::move(node), 1)).outputs[0];
  }

  const Graph& graph_;
  KnownTensors& known_;
  std::vector<TensorType> types_;
  std::vector<Turned> turned_;  ///< by value of the old graph
  std::map<std::pair<ValueId, Ints>, ValueId> made_;
  std::map<std::pair<ValueId, Ints>, std::string> names_;
  UniqueNames used_;  ///< of all nodes but the transposes, which are made anew
  Graph result_;
};

}  // namespace

Graph without_transposes(const Graph& graph, KnownTensors& known) { return Mover(graph, known).run(); }

}  // namespace banoff::onnx_import
