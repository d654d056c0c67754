// From ONNX's nodes to a graph, one after the other. What is known while importing is computed at once, so that the
// arithmetic on shapes that exporters leave in a network is gone before anybody sees it.
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <set>
#include <unordered_map>

#include "runtime/onnx/file_inputs.hpp"
#include "runtime/onnx/import.hpp"
#include "runtime/onnx/known.hpp"

namespace banoff::onnx_import {

/// A value while importing: known now, or computed when the network runs.
struct Operand {
  ValueId value = none;
  std::optional<Known> known = {};
};

/// Parameters of a node to be made.
using Params = std::vector<std::pair<Slot, Known>>;

/// A file as every reading of it begins.
struct Source {
  onnx::ModelProto model;
  std::filesystem::path file;
  std::vector<std::pair<std::string, Known>> initializers;
  NodeExecutor evaluate;
  LoadLimits limits;
};

/// Reads a network at the sizes that its inputs have: nothing in it says how another size would be.
class Importer {
 public:
  /// `constants` are inputs with a default that must be taken as constants; those that an operator has to know while
  /// importing are added to them. Where there are more afterwards, the graph is none: import again.
  Importer(const Source& source, const std::vector<FileInput>& inputs, std::set<std::string>& constants,
           KnownTensors& known);

  [[nodiscard]] Graph run();

  [[nodiscard]] std::int64_t opset() const noexcept { return opset_; }
  /// Where tensors that are known while importing come from.
  [[nodiscard]] KnownTensors& known() noexcept { return known_; }
  [[nodiscard]] const Operand& operand(const std::string& name) const;
  /// The default of an input that has one, which is a constant from now on; null for anything else.
  [[nodiscard]] const Known* fixed(const std::string& name);
  [[nodiscard]] TensorType type_of(const Operand& operand) const;
  /// Whether a node or an output of the network reads the value.
  [[nodiscard]] bool is_read(const std::string& name) const { return read_.contains(name); }
  void define(const std::string& name, Operand operand);
  /// The outputs of `op`: computed now where everything is known, else those of a new node called `name` or like it.
  std::vector<Operand> emit(const std::string& name, Op op, const std::vector<Operand>& inputs, Params params);

 private:
  struct Failure {
    std::string node, op, reason;
  };

  void take_inputs();
  void take_default(const FileInput& input);
  void take_initializers();
  void take_node(const onnx::NodeProto& node);
  void take_outputs();
  [[nodiscard]] std::vector<Operand> evaluated(const Op& op, const std::vector<Operand>& inputs, const Params& params,
                                               const Signature& signature);
  [[nodiscard]] std::vector<Operand> without_elements(const Signature& signature);
  [[nodiscard]] ValueId live(const Operand& operand);
  [[nodiscard]] std::string unique(const std::string& wanted);
  [[noreturn]] void report() const;

  const onnx::GraphProto& source_;
  const Source& given_;
  const std::vector<FileInput>& inputs_;
  const std::filesystem::path& file_;
  const NodeExecutor& evaluate_;
  const LoadLimits& limits_;
  std::int64_t opset_;
  Graph graph_;
  std::vector<TensorType> types_;  ///< by ValueId
  std::unordered_map<std::string, Operand> operands_;
  std::set<std::string, std::less<>> lost_;  ///< values of nodes that failed: what reads them is not told of again
  std::set<std::string, std::less<>> names_, read_;
  std::set<std::string>& constants_;
  std::unordered_map<std::string, Known> defaults_;  ///< of inputs that have one
  std::vector<Failure> failures_;
  KnownTensors& known_;
};

}  // namespace banoff::onnx_import
