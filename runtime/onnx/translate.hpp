// One ONNX node seen by the function that knows its op, and the table of those functions.
#pragma once

#include <span>

#include "runtime/core/fail.hpp"
#include "runtime/onnx/attributes.hpp"
#include "runtime/onnx/importer.hpp"
#include "runtime/onnx/tensor.hpp"

namespace banoff::onnx_import {

class Call {
 public:
  Call(Importer& importer, const onnx::NodeProto& node, std::string name)
      : attributes(node), importer_(importer), node_(node), name_(std::move(name)) {}

  Attributes attributes;

  [[nodiscard]] const std::string& op() const { return node_.op_type(); }
  [[nodiscard]] const onnx::NodeProto& node() const { return node_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::int64_t opset() const { return importer_.opset(); }
  [[nodiscard]] Importer& importer() const { return importer_; }
  [[nodiscard]] KnownTensors& known() const { return importer_.known(); }

  [[nodiscard]] std::size_t inputs() const { return static_cast<std::size_t>(node_.input_size()); }
  /// Whether an optional input is there.
  [[nodiscard]] bool has(std::size_t i) const { return i < inputs() && !node_.input(static_cast<int>(i)).empty(); }
  [[nodiscard]] const Operand& in(std::size_t i) const;
  [[nodiscard]] TensorType type(std::size_t i) const { return importer_.type_of(in(i)); }
  [[nodiscard]] const Shape shape(std::size_t i) const { return type(i).shape; }
  /// An input that must be known beforehand; `what` names it in the error.
  [[nodiscard]] const Known& known(std::size_t i, std::string_view what) const;
  /// A short list of them: sizes, axes, places.
  [[nodiscard]] Ints known_integers(std::size_t i, std::string_view what) const;
  [[nodiscard]] std::vector<double> known_numbers(std::size_t i, std::string_view what) const;
  /// One integer, which a float may hold.
  [[nodiscard]] std::int64_t known_integer(std::size_t i, std::string_view what, std::int64_t standard) const;
  [[nodiscard]] double known_number(std::size_t i, std::string_view what, double standard) const;
  /// Integers that older opsets have as an attribute and newer ones as an input.
  [[nodiscard]] std::optional<Ints> integers(std::string_view attribute, std::size_t input);

  [[nodiscard]] std::size_t outputs() const { return static_cast<std::size_t>(node_.output_size()); }
  /// Whether anybody reads output `i`.
  [[nodiscard]] bool reads(std::size_t i) const;
  /// Throws when anybody reads output `i` or a later one.
  void no_outputs_from(std::size_t i) const;

  /// The single output of `op`. Nodes of one call are told apart by `suffix`.
  [[nodiscard]] Operand emit(Op op, const std::vector<Operand>& inputs, Params params = {},
                             std::string_view suffix = "") const;
  [[nodiscard]] std::vector<Operand> emit_all(Op op, const std::vector<Operand>& inputs, Params params = {}) const;
  void result(std::size_t i, Operand operand) const;
  /// Emits what is the whole call: input 0 to output 0.
  void become(Op op, Params params = {}) const { result(0, emit(std::move(op), {in(0)}, std::move(params))); }

 private:
  Importer& importer_;
  const onnx::NodeProto& node_;
  std::string name_;
};

using Translator = void (*)(Call& call);

struct Row {
  std::string_view op;
  Translator translator;
};

[[nodiscard]] std::span<const Row> layer_rows();          // ops_layers.cpp
[[nodiscard]] std::span<const Row> pooling_rows();        // ops_pooling.cpp
[[nodiscard]] std::span<const Row> norm_rows();           // ops_norms.cpp
[[nodiscard]] std::span<const Row> activation_op_rows();  // ops_activations.cpp
[[nodiscard]] std::span<const Row> function_rows();       // ops_functions.cpp
[[nodiscard]] std::span<const Row> reduction_rows();      // ops_reductions.cpp
[[nodiscard]] std::span<const Row> movement_rows();       // ops_movement.cpp
[[nodiscard]] std::span<const Row> part_rows();           // ops_parts.cpp
[[nodiscard]] std::span<const Row> padding_rows();        // ops_padding.cpp
[[nodiscard]] std::span<const Row> resize_rows();         // ops_resize.cpp
[[nodiscard]] std::span<const Row> index_rows();          // ops_indices.cpp
[[nodiscard]] std::span<const Row> shape_rows();          // ops_shape.cpp
[[nodiscard]] std::span<const Row> sampling_rows();       // ops_sampling.cpp
[[nodiscard]] std::span<const Row> quantised_rows();      // ops_quantised.cpp
[[nodiscard]] std::span<const Row> integer_rows();        // ops_integer.cpp
[[nodiscard]] std::span<const Row> between_grids_rows();  // ops_between_grids.cpp
[[nodiscard]] std::span<const Row> selected_rows();       // ops_selected.cpp
[[nodiscard]] std::span<const Row> einsum_rows();         // einsum.cpp
[[nodiscard]] std::span<const Row> control_rows();        // control_flow.cpp
[[nodiscard]] std::span<const Row> scan_rows();           // scan.cpp
[[nodiscard]] std::span<const Row> recurrent_rows();      // ops_recurrent.cpp

/// `values` as a parameter of one number per channel.
[[nodiscard]] Known per_channel(const Known& values, std::int64_t channels, std::string_view what);
/// The axis of `x` that a constant runs along when it broadcasts; nothing where it runs along several.
[[nodiscard]] std::optional<std::size_t> axis_of(const Shape& constant, const Shape& x);
/// Every axis of a tensor of so many dimensions.
[[nodiscard]] Ints all_axes(std::size_t rank);

/// Every operator that can be taken over, in alphabetical order.
[[nodiscard]] std::vector<std::string_view> operators();

/// Those that ONNX Runtime adds in its own domain.
[[nodiscard]] std::span<const Row> onnxruntime_rows();  // ops_between_grids.cpp
inline constexpr std::string_view onnxruntime_domain = "com.microsoft";

/// Takes the body over where the node calls a function of the model; else returns false.
[[nodiscard]] bool translate_function(Call& call);

/// Why no node of that operator can be taken over; nothing where some can.
[[nodiscard]] std::optional<std::string> reason_against(const Importer& importer, const onnx::NodeProto& node);

/// Takes a node over. Throws bad_input with the reason where that cannot be.
void translate(Importer& importer, const onnx::NodeProto& node, const std::string& name);

}  // namespace banoff::onnx_import
