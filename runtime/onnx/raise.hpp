// Nodes of an earlier opset in the form of a later one. ONNX's operators keep their meaning for the most part; what
// changed is where attributes became inputs, and a few defaults.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace banoff::onnx_export {

class Raiser {
 public:
  /// `unique` makes a name of a value that is taken by nothing else.
  Raiser(std::int64_t from, std::int64_t to, std::function<std::string(const std::string&)> unique)
      : from_(from), to_(to), unique_(std::move(unique)) {}

  /// The nodes that say at the later opset what this one says at the earlier, its subgraphs included. Throws bad_input
  /// for an operator whose later form does not say it.
  [[nodiscard]] std::vector<onnx::NodeProto> raised(onnx::NodeProto node);

  /// The same of all nodes of a list.
  void raise_all(google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes) const;

 private:
  void raise_subgraphs(onnx::NodeProto& node);
  void raise_one(onnx::NodeProto& node);
  /// Whether the node is from before `opset` and goes to it or later.
  [[nodiscard]] bool crosses(std::int64_t opset) const { return from_ < opset && to_ >= opset; }
  void attribute_to_input(onnx::NodeProto& node, const std::string& attribute, int input);
  void number_to_input(onnx::NodeProto& node, const std::string& attribute, int input);
  std::string add_constant(const onnx::NodeProto& node, const onnx::TensorProto& value);
  void add_input(onnx::NodeProto& node, int at, const std::string& name);
  void raise_softmax(onnx::NodeProto& node);
  void raise_upsample(onnx::NodeProto& node);
  onnx::NodeProto& step(const std::string& op, const std::string& input);

  std::int64_t from_, to_;
  std::function<std::string(const std::string&)> unique_;
  std::vector<onnx::NodeProto> before_, after_;  ///< of the node that is being raised
};

/// The function with a body for `opset`, where it is of an earlier one.
[[nodiscard]] onnx::FunctionProto raised(onnx::FunctionProto function, std::int64_t opset);

}  // namespace banoff::onnx_export
