// ONNX asks for nodes in an order in which each reads only what is before it. Not every writer keeps to it.
#pragma once

#include <onnx/onnx_pb.h>

namespace banoff::onnx_import {

/// Brings the nodes into such an order, and otherwise leaves them in theirs. What a cycle keeps from it comes last.
void sort_nodes(onnx::GraphProto& graph);

}  // namespace banoff::onnx_import
