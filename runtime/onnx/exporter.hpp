// What the ops are written with: nodes, names and constants of an ONNX graph being made.
#pragma once

#include <onnx/onnx_pb.h>

#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "runtime/graph/open_sizes.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/onnx/carried.hpp"
#include "runtime/onnx/names.hpp"

namespace banoff::onnx_export {

class Exporter {
 public:
  /// `types` are those at the sizes to write for, `elsewhere` some at others. A sketch holds digests in place of large
  /// constants: enough to tell whether two say the same.
  enum class Purpose : std::uint8_t { file, sketch };
  Exporter(const Graph& graph, const std::vector<TensorType>& types, const std::vector<Elsewhere>& elsewhere,
           Purpose purpose);
  [[nodiscard]] onnx::ModelProto run();
  /// The nodes that run() would throw for. To be called in its place.
  [[nodiscard]] std::vector<NodeId> refused();

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  /// Of ONNX's own operators in the file.
  [[nodiscard]] std::int64_t opset() const noexcept { return opset_; }
  [[nodiscard]] const TensorType& type(ValueId value) const { return types_[static_cast<std::size_t>(value)]; }
  /// The grid that all elements of the value lie on.
  [[nodiscard]] const std::optional<FakeQuantize>& grid(ValueId value) const {
    return grids_[static_cast<std::size_t>(value)];
  }
  /// Whether ReLUs read the value, and nothing else does.
  [[nodiscard]] bool is_for_relus(ValueId value) const;
  /// The name of a value in the ONNX graph.
  [[nodiscard]] const std::string& name(ValueId value) const { return names_[static_cast<std::size_t>(value)]; }
  /// A constant of the graph, called like `wanted`.
  std::string constant(const std::string& wanted, const Tensor& tensor);
  /// Makes a value an initializer, which it can be unless it is an output: whether it is one now.
  [[nodiscard]] bool is_constant(ValueId value, const Tensor& tensor);
  onnx::NodeProto& node(const std::string& op, const std::string& wanted_name);
  /// What an opaque node holds, as it was but for the names of values and, where the file is of a later opset, the
  /// form.
  void write_carried(const Carried& carried, const std::vector<std::string>& ins, const std::vector<std::string>& outs);
  [[nodiscard]] std::string unique(const std::string& wanted);
  /// Whether dimensions of the value but the first are open.
  [[nodiscard]] bool open_behind_batch(ValueId value) const;
  /// The dense layer that a recurrent one is written in one operator with; null where there is none.
  [[nodiscard]] const Node* gates_of(const Node& recurrent) const;

 private:
  void write_node(const Node& node);
  void name_values();
  void name_carried();
  /// Opsets, functions and the order of inputs, as the model has them that carried nodes come from.
  void finish_carried();
  void describe_output(const GraphOutput& output);
  [[nodiscard]] std::int64_t target_opset() const;
  void store(const std::string& name, const Tensor& tensor);
  void describe(onnx::ValueInfoProto& info, const std::string& name, ValueId value) const;
  [[nodiscard]] bool is_open(ValueId value, std::size_t axis) const;
  /// Whether the node is written with the one that reads it.
  [[nodiscard]] bool is_within_reader(const Node& node) const;
  [[nodiscard]] std::string symbol_of(ValueId value, std::size_t axis) const;
  onnx::GraphProto& target() { return *model_.mutable_graph(); }

  const Graph& graph_;
  const std::vector<TensorType>& types_;
  std::vector<Elsewhere> elsewhere_;
  Purpose purpose_;
  Grids grids_;                     ///< by ValueId
  std::vector<std::string> names_;  ///< the same
  Readers readers_;
  onnx_import::UniqueNames taken_;
  std::int64_t opset_;
  std::map<std::tuple<const void*, DType, Ints>, std::string> constants_;  ///< by data, type and shape: their names
  std::vector<Tensor> held_;  ///< those of `constants_`, so that no other comes to lie where one lay
  onnx::ModelProto model_;
};

/// One of our nodes on its way out: appends the ONNX nodes that compute its outputs. A node of half precision whose
/// parameters do not fit there is computed in float32, between casts.
class Writer {
 public:
  /// Casts the inputs where that is needed.
  Writer(Exporter& exporter, const Node& node);
  /// Casts the outputs back. To be called when the node is written.
  void finish() const;

  [[nodiscard]] Exporter& exporter() const noexcept { return exporter_; }
  [[nodiscard]] const Graph& graph() const noexcept { return exporter_.graph(); }
  [[nodiscard]] const Node& source() const noexcept { return node_; }
  /// The dense layer that is written with this recurrent one, whose input stands in place of the node's first; or null.
  [[nodiscard]] const Node* gates() const noexcept { return gates_; }
  [[nodiscard]] std::string in(std::size_t i = 0) const { return ins_.at(i); }
  [[nodiscard]] std::string out(std::size_t i = 0) const { return outs_.at(i); }
  [[nodiscard]] const std::vector<std::string>& ins() const noexcept { return ins_; }
  [[nodiscard]] const std::vector<std::string>& outs() const noexcept { return outs_; }
  [[nodiscard]] const Shape& shape(std::size_t i = 0) const { return exporter_.type(node_.inputs.at(i)).shape; }
  [[nodiscard]] const Shape& out_shape() const { return exporter_.type(node_.outputs.at(0)).shape; }
  [[nodiscard]] DType dtype() const { return wide_ ? DType::f32 : exporter_.type(node_.outputs.at(0)).dtype; }
  /// Whether the sizes of input 0 but the first are open: what follows from them must be said by operators.
  [[nodiscard]] bool open_behind_batch() const { return exporter_.open_behind_batch(node_.inputs.at(0)); }
  /// The spatial sizes of input 1, computed; nothing where there is none or they are the same everywhere.
  [[nodiscard]] std::optional<std::string> spatial_sizes_like_input_1() const;
  /// The shape of input 0, for a Reshape to it: a constant for every batch, or computed.
  [[nodiscard]] std::string shape_to_return_to() const;

  /// The node's parameter as a constant, in the element type of what the node computes.
  [[nodiscard]] std::string param(Slot slot) const;
  /// The weight of a layer: its numbers behind a DequantizeLinear where it lies on a grid. As [in, out] where it is
  /// `turned`.
  [[nodiscard]] std::string weight(bool turned = false) const;
  /// The bias of a layer: where weight and input are on grids, in 32 bits in steps of the product of theirs.
  [[nodiscard]] std::string bias() const;
  /// A parameter shaped so that it broadcasts along `axis` of the input.
  [[nodiscard]] std::string param_along(Slot slot, std::size_t axis) const;
  [[nodiscard]] const Tensor& tensor(Slot slot) const;
  [[nodiscard]] std::string constant(std::string_view suffix, const Tensor& tensor) const;
  [[nodiscard]] std::string numbers(std::string_view suffix, const Ints& values) const;
  [[nodiscard]] std::string number(std::string_view suffix, double value) const;

  /// A node that computes output 0, or `to` if it is given. Attributes are set on what is returned.
  onnx::NodeProto& emit(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& to = "") const;
  /// A node whose only output is a new value; returns its name.
  [[nodiscard]] std::string step(const std::string& op, const std::vector<std::string>& inputs,
                                 std::string_view suffix) const;
  /// A fresh name below the node's.
  [[nodiscard]] std::string fresh(std::string_view suffix) const;

 private:
  void cast(const std::string& from, const std::string& to, DType type) const;

  Exporter& exporter_;
  const Node& node_;
  const Node* gates_;
  /// Whether output `i` is one of those that others only recognise between a QuantizeLinear and a DequantizeLinear.
  [[nodiscard]] bool moves_on_grid(std::size_t i) const;
  /// Between `from` and `to`, both floats: the grid, once more.
  void put_on_grid(const std::string& from, const std::string& to, const FakeQuantize& grid) const;

  bool wide_ = false;  ///< computed in float32 between values of half precision
  std::vector<std::string> ins_, outs_;
};

void set(onnx::NodeProto& node, const std::string& attribute, std::int64_t value);
void set(onnx::NodeProto& node, const std::string& attribute, double value);
void set(onnx::NodeProto& node, const std::string& attribute, const char* value);
void set(onnx::NodeProto& node, const std::string& attribute, const Ints& values);
void set(onnx::NodeProto& node, const std::string& attribute, const std::vector<double>& values);
void set(onnx::NodeProto& node, const std::string& attribute, const std::vector<std::string>& values);

/// How each op is written in ONNX's operators; throws bad_input where there are none for it.
#define BANOFF_WRITTEN(op) void write(const op&, const Writer& w);
BANOFF_OPS(BANOFF_WRITTEN)
#undef BANOFF_WRITTEN

/// Writes a node; throws bad_input where its op has no ONNX form.
void write(const Writer& w);

}  // namespace banoff::onnx_export
