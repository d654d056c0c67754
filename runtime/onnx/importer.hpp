// From ONNX's nodes to a graph, one after the other. What is known while importing is computed at once, so that the
// arithmetic on shapes that exporters leave in a network is gone before anybody sees it; what is not understood is
// carried along as it is.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

#include "banoff/error.hpp"
#include "runtime/onnx/carried.hpp"
#include "runtime/onnx/file_inputs.hpp"
#include "runtime/onnx/import.hpp"
#include "runtime/onnx/names.hpp"
#include "runtime/onnx/scope.hpp"
#include "runtime/onnx/source.hpp"

namespace banoff::onnx_import {

/// Parameters of a node to be made.
using Params = std::vector<std::pair<Slot, Known>>;
/// Names that a scope begins with.
using Definitions = std::vector<std::pair<std::string, Operand>>;

/// How the reason against a call of a function begins where it is that of a node of the function.
inline constexpr std::string_view in_its_body = "in its body, ";

/// Reads a network at the sizes that its inputs have: nothing in it says how another size would be.
class Importer {
 public:
  /// `constants` are inputs with a default that must be taken as constants; those that an operator has to know while
  /// importing are added to them. Where there are more afterwards, the graph is none: import again.
  Importer(const Source& source, const std::vector<FileInput>& inputs, std::set<std::string>& constants,
           KnownTensors& known);

  [[nodiscard]] Graph run();

  /// Of ONNX's own operators, where the node that is being read stands.
  [[nodiscard]] std::int64_t opset() const noexcept { return scopes_.inner().opset; }
  [[nodiscard]] const onnx::ModelProto& model() const noexcept { return given_.model; }
  /// Where tensors that are known while importing come from.
  [[nodiscard]] KnownTensors& known() noexcept { return known_; }
  [[nodiscard]] const Operand& operand(const std::string& name) const;
  /// The default of an input that has one, which is a constant from now on; null for anything else.
  [[nodiscard]] const Known* fixed(const Operand& operand);
  [[nodiscard]] TensorType type_of(const Operand& operand) const;
  /// Whether a node or an output of the network reads the value.
  [[nodiscard]] bool is_read(const std::string& name) const { return scopes_.inner().read.contains(name); }
  void define(const std::string& name, Operand operand);
  /// Why an operand is something that only carried nodes can read: the first node before it that could not be taken
  /// over, and its reason. Nothing for what is a tensor.
  [[nodiscard]] std::optional<std::string> why_no_tensor(const Operand& operand) const;
  /// The outputs of `op`: computed now where everything is known, else those of a new node called `name` or like it.
  std::vector<Operand> emit(const std::string& name, Op op, const std::vector<Operand>& inputs, Params params);

  /// Takes the nodes of a subgraph over, in a scope of their own that begins with `given`; its outputs. Names of nodes
  /// begin with `prefix`.
  std::vector<Operand> inlined(const onnx::GraphProto& body, const Definitions& given, const std::string& prefix);
  /// The same with a function of the model, called by `call`.
  std::vector<Operand> inlined(const onnx::FunctionProto& function, const onnx::NodeProto& call,
                               const Definitions& given, const std::string& prefix);

 private:
  /// What a failed attempt to take a node over is undone to.
  struct Mark {
    std::size_t nodes, names;
  };

  // importer_ends.cpp: what the network begins and ends with.
  void take_inputs();
  void take_carried_inputs();
  void take_default(const FileInput& input);
  void take_initializers();
  void take_outputs();
  void drop_unread();

  void take_node(const onnx::NodeProto& node);
  [[nodiscard]] Mark mark() const { return {graph_.nodes.size(), scopes_.inner().order.size()}; }
  void roll_back(const Mark& mark);
  /// Why `body` failed, everything that it did undone; nothing where it did not.
  template <class Body>
  [[nodiscard]] std::optional<std::string> failure_of(Body&& body) {
    const Mark here = mark();
    const std::size_t depth = scopes_.depth();
    try {
      body();
      return std::nullopt;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_input) throw;
      while (scopes_.depth() > depth) scopes_.close();
      roll_back(here);
      return error.what();
    }
  }
  void open(Scope scope, const Definitions& given);
  [[nodiscard]] std::vector<Operand> evaluated(const Op& op, const std::vector<Operand>& inputs, const Params& params,
                                               const Signature& signature);
  [[nodiscard]] std::vector<Operand> without_elements(const Signature& signature);
  [[nodiscard]] ValueId live(const Operand& operand);
  [[nodiscard]] ParamId add_param(std::string name, const Known& tensor);
  [[nodiscard]] std::string unique(const std::string& wanted);
  [[nodiscard]] std::string title(const onnx::NodeProto& node) const;

  // carry.cpp: what is not understood.
  [[nodiscard]] bool reads_carried(const onnx::NodeProto& node) const;
  void carry(const onnx::NodeProto& node, const std::string& reason);
  /// A value that nothing but carried nodes can read.
  ValueId carry_alone(const std::string& name, std::shared_ptr<Carried> carried);
  const Node& add_carried(const std::string& name, const std::shared_ptr<Carried>& carried,
                          std::vector<ValueId> inputs);
  [[nodiscard]] std::vector<std::optional<TensorType>> types_of_subgraphs(const onnx::NodeProto& node);
  [[nodiscard]] std::vector<std::optional<TensorType>> probed(const onnx::NodeProto& node);
  [[nodiscard]] onnx::TypeProto carried_type(const onnx::NodeProto& node, int i,
                                             const std::vector<std::optional<TensorType>>& of_subgraphs);
  [[nodiscard]] onnx::TypeProto type_in_file(const std::string& name);
  [[nodiscard]] std::map<std::string, std::int64_t> sizes_in_file() const;
  [[nodiscard]] onnx::TypeProto type_proto_of(const Operand& operand) const;

  const onnx::GraphProto& source_;
  const Source& given_;
  const std::vector<FileInput>& inputs_;
  const std::filesystem::path& file_;
  const NodeExecutor& evaluate_;
  const LoadLimits& limits_;
  Graph graph_;
  std::vector<TensorType> types_;  ///< by ValueId
  Scopes scopes_;
  std::size_t taken_ = 0;                                    ///< nodes, those of subgraphs and functions included
  std::unordered_map<ValueId, onnx::TypeProto> no_tensors_;  ///< values that only carried nodes can read
  /// What the file says of types, once somebody asked.
  struct Told {
    std::map<std::string, std::int64_t> sizes;
    std::unordered_map<std::string, const onnx::TypeProto*> types;
  };
  std::optional<Told> told_;
  UniqueNames names_;
  std::set<std::string>& constants_;
  std::unordered_map<ValueId, std::pair<std::string, Known>> defaults_;  ///< of inputs that have one
  /// By data, type and shape: a tensor that many nodes use is one parameter.
  std::map<std::tuple<const void*, DType, Ints>, ParamId> params_;
  KnownTensors& known_;
};

}  // namespace banoff::onnx_import
