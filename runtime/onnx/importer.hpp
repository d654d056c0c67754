// From ONNX's nodes to a graph, one after the other. What is known while importing is computed at once, so that the
// arithmetic on shapes that exporters leave in a network is gone before anybody sees it.
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <set>
#include <unordered_map>

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

class Importer {
 public:
  Importer(const onnx::ModelProto& model, const std::filesystem::path& file, const NodeExecutor& evaluate,
           const Bindings& bindings, const LoadLimits& limits);

  [[nodiscard]] LoadedModel run();

  [[nodiscard]] std::int64_t opset() const noexcept { return opset_; }
  /// Where tensors that are known while importing come from.
  [[nodiscard]] KnownTensors& known() noexcept { return known_; }
  /// Whether an input's first dimension has no size of its own.
  [[nodiscard]] bool has_batch() const noexcept { return has_batch_; }
  [[nodiscard]] const Operand& operand(const std::string& name) const;
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
  void take_initializers();
  void take_node(const onnx::NodeProto& node);
  void take_outputs();
  [[nodiscard]] std::vector<Dim> dims_of(const onnx::ValueInfoProto& input) const;
  [[nodiscard]] Dim dim_of(const onnx::TensorShapeProto::Dimension& dim, const std::string& input, int axis) const;
  [[nodiscard]] std::vector<Operand> evaluated(const Op& op, const std::vector<Operand>& inputs, const Params& params,
                                               const Signature& signature);
  [[nodiscard]] std::vector<Operand> without_elements(const Signature& signature);
  [[nodiscard]] ValueId live(const Operand& operand);
  [[nodiscard]] std::string unique(const std::string& wanted);
  [[noreturn]] void report() const;

  const onnx::GraphProto& source_;
  std::filesystem::path file_;
  const NodeExecutor& evaluate_;
  const Bindings& bindings_;
  const LoadLimits& limits_;
  std::int64_t opset_;
  Graph graph_;
  std::vector<TensorType> types_;  ///< by ValueId
  std::unordered_map<std::string, Operand> operands_;
  std::set<std::string, std::less<>> lost_;  ///< values of nodes that failed: what reads them is not told of again
  std::set<std::string, std::less<>> names_, read_;
  std::vector<Failure> failures_;
  KnownTensors known_;
  bool has_batch_ = false;
};

}  // namespace banoff::onnx_import
