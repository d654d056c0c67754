// Functions that exporters spell out, brought back to the op they are.
#pragma once

#include "runtime/graph/signature.hpp"
#include "runtime/onnx/known.hpp"

namespace banoff::onnx_import {

/// Finds SiLU, hard sigmoid and hard swish, Mish, GELU (both forms), layer norm, and affine maps per channel written as
/// several operators (a batch norm in pieces). What only they needed is gone; names of last nodes and of outputs stay.
[[nodiscard]] Graph with_patterns(Graph graph, KnownTensors& known);

}  // namespace banoff::onnx_import
