// The types of what carried nodes compute, as far as they can be told. ONNX's own inference is not asked: libonnx
// trusts a node to be valid, and reads where it should not in one that is not (docs/decisions/0012).
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/signature.hpp"

namespace banoff::onnx_import {

[[nodiscard]] onnx::TypeProto type_proto(const TensorType& type);

/// The type as one of ours, where it is a tensor of a known element type and size.
[[nodiscard]] std::optional<TensorType> tensor_type(const onnx::TypeProto& proto, std::int64_t max_elements);

/// Whether output 0 of the operator has the type of input 0, whatever else it does.
[[nodiscard]] bool keeps_type(const onnx::NodeProto& node);

}  // namespace banoff::onnx_import
