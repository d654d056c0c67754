// Functions of a model: nodes that stand for other nodes.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>

namespace banoff::onnx_import {

/// The version of ONNX's own operators in the function's body; 0 where it uses none.
[[nodiscard]] std::int64_t opset_of(const onnx::FunctionProto& function);

/// A node of the function's body, the attributes that it takes from the call put in: the call's, else the function's
/// defaults; one that has neither is left out.
[[nodiscard]] onnx::NodeProto with_attributes(const onnx::FunctionProto& function, const onnx::NodeProto& call,
                                              onnx::NodeProto node);

}  // namespace banoff::onnx_import
