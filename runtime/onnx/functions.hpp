// Functions of a model: nodes that stand for other nodes.
#pragma once

#include <onnx/onnx_pb.h>

#include <vector>

namespace banoff::onnx_import {

/// The nodes of the function's body, the attributes that they take from the call put in: the call's, else the
/// function's defaults; one that has neither is left out.
[[nodiscard]] std::vector<onnx::NodeProto> body_of(const onnx::FunctionProto& function, const onnx::NodeProto& call);

}  // namespace banoff::onnx_import
