// The types of what carried nodes compute, by ONNX's own shape inference.
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/onnx/known.hpp"

namespace banoff::onnx_import {

/// A node alone: what is known of the values it reads.
struct Lone {
  const onnx::NodeProto& node;
  std::vector<std::pair<std::string, onnx::TypeProto>> inputs;  ///< by name, captured ones as well
  std::vector<std::pair<std::string, Known>> constants;         ///< of these inputs
  const onnx::ModelProto& shell;
  std::int64_t opset = 0;
};

/// What ONNX says of the node's outputs, one for each (unnamed ones too); of no kind where it says nothing.
[[nodiscard]] std::vector<onnx::TypeProto> inferred_types(const Lone& lone);

[[nodiscard]] onnx::TypeProto type_proto(const TensorType& type);

/// The type as one of ours, where it is a tensor of a known element type and size.
[[nodiscard]] std::optional<TensorType> tensor_type(const onnx::TypeProto& proto, std::int64_t max_elements);

}  // namespace banoff::onnx_import
