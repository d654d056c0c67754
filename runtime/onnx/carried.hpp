// What an opaque node holds of the ONNX file it came from.
#pragma once

#include <onnx/onnx_pb.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "runtime/graph/ops_opaque.hpp"

namespace banoff {

/// An input of the model that is no tensor of a known shape, with its default if it has one.
struct CarriedInput {
  onnx::ValueInfoProto info;
  std::vector<onnx::TensorProto> default_value;  ///< one or none
};

/// One of three things of a file: a node, an initializer of a type that is none here, or such an input.
struct Carried : Foreign {
  using What = std::variant<onnx::NodeProto, onnx::TensorProto, onnx::SparseTensorProto, CarriedInput>;
  Carried(std::string op_name, std::string why, What carried_thing)
      : Foreign(std::move(op_name), std::move(why)), what(std::move(carried_thing)) {}
  [[nodiscard]] bool same(const Foreign& other) const override;

  What what;
  /// Names that the subgraphs of a node read from around it: inputs of the opaque node after the node's own.
  std::vector<std::string> captured;
  /// Of the outputs, as far as ONNX can tell them; those of the opaque node in the same order.
  std::vector<onnx::TypeProto> types;
  std::int64_t opset = 0;                         ///< of ONNX's own operators around a node
  std::shared_ptr<const onnx::ModelProto> shell;  ///< the model it is of, without nodes and weights
};

/// The names that the node's subgraphs read from around it, each once, in the order of reading.
[[nodiscard]] std::vector<std::string> captured_names(const onnx::NodeProto& node);

/// Gives the names that the node's subgraphs read from around it others.
void rename_captured(onnx::NodeProto& node, const std::map<std::string, std::string>& names);

/// Calls `visit` with every name that the node's subgraphs define.
void for_each_inner_name(const onnx::NodeProto& node, const std::function<void(const std::string&)>& visit);

}  // namespace banoff
