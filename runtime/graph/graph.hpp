// The network as a graph: nodes, the values between them, and the parameters they hold.
#pragma once

#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
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

  [[nodiscard]] bool erased() const { return outputs.empty(); }
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

/// Goes over the nodes of a list that are not erased, or over their ids. Meanwhile nodes may be added and erased.
template <class Nodes, class Item>
class LiveRange {
 public:
  LiveRange(Nodes& nodes) : nodes_(&nodes) { skip(); }
  [[nodiscard]] LiveRange begin() const { return *this; }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }
  [[nodiscard]] Item operator*() const {
    if constexpr (std::is_same_v<Item, NodeId>) return static_cast<NodeId>(at_);
    else return (*nodes_)[at_];
  }
  LiveRange& operator++() {
    ++at_;
    skip();
    return *this;
  }
  [[nodiscard]] bool operator==(std::default_sentinel_t) const { return at_ >= nodes_->size(); }

 private:
  void skip() {
    while (at_ < nodes_->size() && (*nodes_)[at_].erased()) ++at_;
  }
  Nodes* nodes_;
  std::size_t at_ = 0;
};

class Readers;

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

  /// The nodes that are not erased, and their ids, in order.
  [[nodiscard]] LiveRange<const std::vector<Node>, const Node&> live() const { return {nodes}; }
  [[nodiscard]] LiveRange<std::vector<Node>, Node&> live() { return {nodes}; }
  [[nodiscard]] LiveRange<const std::vector<Node>, NodeId> live_ids() const { return {nodes}; }
  [[nodiscard]] bool alive(NodeId id) const { return !node(id).erased(); }
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
  /// The same where it is known whether another live node holds the old tensor.
  void set_param(NodeId id, Slot slot, Tensor value, bool shared);
  /// Removes a node of one input and one output: its readers (and graph outputs) take its input instead.
  void bypass(NodeId id, Readers& readers);
  [[nodiscard]] Readers readers() const;
  [[nodiscard]] bool is_output(ValueId value) const;
  /// Drops erased nodes and parameters nobody uses, renumbering everything.
  [[nodiscard]] Graph compacted() const;
};

/// Who reads the values of a graph.
class Readers {
 public:
  explicit Readers(const Graph& graph);

  /// One entry per use, in node order.
  [[nodiscard]] const std::vector<NodeId>& of(ValueId value) const { return nodes_[static_cast<std::size_t>(value)]; }
  [[nodiscard]] bool is_output(ValueId value) const { return is_output_[static_cast<std::size_t>(value)]; }
  /// The node that alone reads the value, which is no output of the graph; else none.
  [[nodiscard]] NodeId only(ValueId value) const {
    return of(value).size() == 1 && !is_output(value) ? of(value).front() : none;
  }
  void forget(ValueId value, NodeId reader) { std::erase(nodes_[static_cast<std::size_t>(value)], reader); }
  /// `reader`, which goes, read `to` to make `from`: who read that reads `to`.
  void move(ValueId from, ValueId to, NodeId reader);

 private:
  std::vector<std::vector<NodeId>> nodes_;  // by ValueId
  std::vector<bool> is_output_;
};

/// How a device keeps floats in fewer bits: as the numbers q of a grid, x = scale (q - zero_point), or, where `scale`
/// is 0, as a shorter float.
struct Stored {
  DType type = DType::u8;
  float scale = 0;
  std::int32_t zero_point = 0;
  bool operator==(const Stored&) const = default;
};

/// Element type and sizes of a value. `bounded`: the size of dimension 0 is a capacity, the count is known at run time.
struct TensorType {
  DType dtype = DType::f32;
  Shape shape;
  bool bounded = false;
  std::optional<Stored> stored = std::nullopt;  ///< set for a plan only (runtime/plan/stored.hpp)
  [[nodiscard]] std::string str() const;
  bool operator==(const TensorType&) const = default;
};

/// A message about a node, prefixed as every such message is: "resnet.yaml:41: conv 'layer3.conv1': …".
[[nodiscard]] std::string describe(const Node& node, const std::string& message);

}  // namespace banoff
