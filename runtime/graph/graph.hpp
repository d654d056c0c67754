// The network as a graph: nodes, the values between them, and the parameters they hold.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "banoff/tensor.hpp"
#include "runtime/graph/ops.hpp"

namespace banoff {

using NodeId = std::int32_t;
using ValueId = std::int32_t;
using ParamId = std::int32_t;
inline constexpr std::int32_t none = -1;

/// Where something was written, for messages.
struct Location {
  std::string file;
  int line = 0;  ///< 1-based; 0: unknown
  [[nodiscard]] std::string str() const { return line > 0 ? file + ":" + std::to_string(line) : file; }
};

/// A parameter tensor, possibly shared by several nodes (then never changed in place, see Graph::set_param).
struct Param {
  std::string name;
  Tensor value;
};

struct Node {
  std::string name;
  Op op;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<std::pair<Slot, ParamId>> params;
  Location where;

  [[nodiscard]] ParamId param(Slot slot) const;  ///< none if the node has no such parameter
  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&op);
  }
};

/// What flows along an edge: produced by one node (or by the caller, for inputs), read by any number.
struct Value {
  std::string name;
  NodeId producer = none;
};

/// One size of a graph input as written: fixed, symbolic with an optional default, or bounded by a capacity.
struct Dim {
  std::int64_t size = 0;  ///< the size, the default (0: none) or the capacity
  std::string symbol;     ///< empty: fixed
  bool bounded = false;
  bool operator==(const Dim&) const = default;
};

struct GraphInput {
  ValueId value = none;
  DType dtype = DType::f32;
  std::vector<Dim> dims;
  Tensor default_value = {};  ///< what it is where it is not given; an input without one must be
};

struct GraphOutput {
  std::string name;
  ValueId value = none;
};

class Graph {
 public:
  std::string name;
  std::vector<Node> nodes;  ///< in topological order; an erased node has no outputs
  std::vector<Value> values;
  std::vector<Param> params;
  std::vector<GraphInput> inputs;
  std::vector<GraphOutput> outputs;

  ValueId add_input(std::string input_name, DType dtype, std::vector<Dim> dims);
  /// Appends a node with `count` outputs, called after it (and "name[i]" when there are several).
  NodeId add_node(Node node, std::size_t count = 1);
  ParamId add_param(std::string param_name, Tensor value);
  void add_output(std::string output_name, ValueId value) { outputs.push_back({std::move(output_name), value}); }

  [[nodiscard]] bool alive(NodeId id) const { return !nodes[static_cast<std::size_t>(id)].outputs.empty(); }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes[static_cast<std::size_t>(id)]; }
  [[nodiscard]] Node& node(NodeId id) { return nodes[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const Tensor& param(ParamId id) const { return params[static_cast<std::size_t>(id)].value; }
  /// The node's parameter in `slot`, or null.
  [[nodiscard]] const Tensor* param(const Node& node, Slot slot) const;
  [[nodiscard]] NodeId find(std::string_view node_name) const;  ///< none if there is no such live node

  /// Gives the node its own tensor in `slot`. Nodes that shared the old one keep it. The new parameter takes the
  /// old one's name if nobody else uses that, else the node's own.
  void set_param(NodeId id, Slot slot, Tensor value);
  /// Removes a node of one input and one output: its readers (and graph outputs) take its input instead.
  void bypass(NodeId id);
  /// Readers of a value, one entry per use, in node order.
  [[nodiscard]] std::vector<std::vector<NodeId>> readers() const;
  [[nodiscard]] bool is_output(ValueId value) const;
  /// Drops erased nodes and parameters nobody uses, renumbering everything.
  [[nodiscard]] Graph compacted() const;
};

/// Element type and sizes of a value. `bounded`: the size of dimension 0 is a capacity, the count is known at run time.
struct TensorType {
  DType dtype = DType::f32;
  Shape shape;
  bool bounded = false;
  [[nodiscard]] std::string str() const;
  bool operator==(const TensorType&) const = default;
};

/// A message about a node, prefixed as every such message is: "resnet.yaml:41: conv 'layer3.conv1': …".
[[nodiscard]] std::string describe(const Node& node, const std::string& message);

}  // namespace banoff
